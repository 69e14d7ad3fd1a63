"""WaitingRoom: calls that wait for the end of a task, none of which holds a thread."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

TICK_SECONDS = 0.05  # between two looks for waits whose time is over
LOOK_SECONDS = 1.0  # between two looks for ends of which nobody has told

Call = Callable[[], object]
OnEnd = Callable[[str], None]

logger = logging.getLogger(__name__)


class Ends(Protocol):
    """Tells which tasks have ended."""

    def listen(self, on_end: OnEnd) -> None:
        """Have a function called with the id of each task that ends, by any thread."""

    def ended(self, task_ids: Collection[str]) -> Collection[str]:
        """Find those of these tasks that have ended, or that there are no more.

        There are none if that cannot be known now.
        """


@dataclass(frozen=True)
class _Wait:
    task_id: str
    deadline: float
    call: Call


class WaitingRoom:
    """Keeps calls until their task has ended or their time is over; then it makes them, once.

    One thread, started by the first wait, looks after all. It makes the calls, or the thread does
    that tells of an end: so a call hands on what takes time.

    Args:
        places: how many may wait at once.
    """

    def __init__(self, ends: Ends, places: int) -> None:
        self._ends = ends
        self._places = places
        self._changed = threading.Condition()
        self._waits: dict[int, _Wait] = {}
        self._numbers = itertools.count()
        self._is_started = False

    def enter(self, task_id: str, seconds: float, call: Call) -> Callable[[], None] | None:
        """Keep a call; return a function that makes it early, or None if no place is free."""
        with self._changed:
            if len(self._waits) >= self._places:
                return None
            number = next(self._numbers)
            self._waits[number] = _Wait(task_id, time.monotonic() + seconds, call)
            self._start()
            self._changed.notify()
        if self._ends.ended([task_id]):  # before anybody listened
            self._finish([number])
        return lambda: self._finish([number])

    def _start(self) -> None:
        if not self._is_started:
            self._is_started = True
            self._ends.listen(self._on_end)
            threading.Thread(target=self._run, name="waiting", daemon=True).start()

    def _on_end(self, task_id: str) -> None:
        self._finish(self._numbers_of(lambda wait: wait.task_id == task_id))

    def _numbers_of(self, selects: Callable[[_Wait], bool]) -> list[int]:
        with self._changed:
            return [number for number, wait in self._waits.items() if selects(wait)]

    def _finish(self, numbers: Collection[int]) -> None:
        with self._changed:
            waits = [self._waits.pop(number, None) for number in numbers]
        for wait in waits:
            if wait is not None:  # else another thread was faster
                _make(wait.call)

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waits)
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            self._finish_late(now)
            if now - looked >= LOOK_SECONDS:
                looked = now
                self._look()

    def _finish_late(self, now: float) -> None:
        self._finish(self._numbers_of(lambda wait: wait.deadline <= now))

    def _look(self) -> None:
        with self._changed:
            waited_for = {wait.task_id for wait in self._waits.values()}
        ended = set(self._ends.ended(waited_for))
        self._finish(self._numbers_of(lambda wait: wait.task_id in ended))


def _make(call: Call) -> None:
    """Make a call; one that fails must not keep others waiting."""
    try:
        call()
    except Exception:
        logger.exception("a request that waited cannot be answered")
