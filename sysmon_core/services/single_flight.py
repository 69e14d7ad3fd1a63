"""Single flight: concurrent callers with the same key share one execution and its outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

T = TypeVar("T")

OnStart = Callable[[], None]  # the work calls it once it need not wait for a slot any more
Work = Callable[[OnStart], T]


class SingleFlight(Generic[T]):
    """Executes work once for all callers with the same key; nothing outlives the execution.

    Args:
        follow: makes a context that is entered while a caller waits for another's work that has
            not started: such a wait may be long, so it may raise to bound the number of callers.
        seconds: how long a caller waits for the outcome of another's work.
    """

    def __init__(self, follow: Callable[[], AbstractContextManager[None]], seconds: float) -> None:
        self._follow = follow
        self._seconds = seconds
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[T]] = {}

    def share(self, key: Hashable, work: Work[T]) -> T:
        """Execute the work, or wait for the outcome if another caller executes it already.

        Raises:
            TimeoutError: another caller's execution took too long.
            Exception: whatever ``work`` or ``follow`` raises.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                own = self._flights[key] = _Flight()
        return self._execute(key, work, own) if flight is None else self._join(flight)

    def _execute(self, key: Hashable, work: Work[T], flight: _Flight[T]) -> T:
        try:
            outcome = work(flight.started.set)
        except BaseException as error:
            self._remove(key)
            flight.outcome.set_exception(error)
            raise
        self._remove(key)
        flight.outcome.set_result(outcome)
        return outcome

    def _remove(self, key: Hashable) -> None:
        with self._lock:
            del self._flights[key]

    def _join(self, flight: _Flight[T]) -> T:
        if flight.started.is_set():
            return flight.outcome.result(self._seconds)
        with self._follow():
            return flight.outcome.result(self._seconds)


class _Flight(Generic[T]):
    """One execution, and its outcome once there is one."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.outcome: Future[T] = Future()
