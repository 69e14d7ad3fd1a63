"""Does the same work once for all who ask for it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

T = TypeVar("T")

Begin = Callable[[], None]  # called by the work once it waits for nothing any more
Work = Callable[[Begin], T]


class SingleFlight(Generic[T]):
    """Shares each piece of work, by a key, while it is under way.

    Args:
        queue: entered by whoever waits for work that has not begun yet: such a wait may be long,
            and who makes it may have to be few.
        seconds: for which others wait for the outcome.
    """

    def __init__(self, queue: Callable[[], AbstractContextManager[None]], seconds: float) -> None:
        self._queue = queue
        self._seconds = seconds
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight[T]] = {}

    def share(self, key: Hashable, work: Work[T]) -> T:
        """What the work gives, be it done here or by whoever asked first.

        Raises:
            TimeoutError: it took too long there.
            what the work or the queue raises.
        """
        with self._lock:
            flight = self._under_way.get(key)
            if flight is None:
                mine = self._under_way[key] = _Flight()
        return self._fly(key, work, mine) if flight is None else self._join(flight)

    def _fly(self, key: Hashable, work: Work[T], flight: _Flight[T]) -> T:
        try:
            outcome = work(flight.began.set)
        except BaseException as error:
            self._land(key)
            flight.outcome.set_exception(error)
            raise
        self._land(key)
        flight.outcome.set_result(outcome)
        return outcome

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._under_way[key]

    def _join(self, flight: _Flight[T]) -> T:
        if flight.began.is_set():
            return flight.outcome.result(self._seconds)
        with self._queue():
            return flight.outcome.result(self._seconds)


class _Flight(Generic[T]):
    """Work under way."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.outcome: Future[T] = Future()
