"""Shares what was collected: among all who ask at once, and for as long as its metric says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass

from cachetools import LRUCache

Result = dict[str, str]

MOST = 256  # readings that are kept: callers choose the params


@dataclass(frozen=True)
class Reading:
    """What was collected, and when: it is as old as the beginning of its run.

    Args:
        born: by the monotonic clock.
        lifetime: seconds for which it may be shown; 0 if it is for one caller alone.
    """

    result: Result
    born: float
    lifetime: int = 0

    @property
    def expires(self) -> float:
        """When it ceases to be fresh, by the monotonic clock."""
        return self.born + self.lifetime


class Readings:
    """Keeps readings by who they are of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[Hashable, Reading] = LRUCache(MOST)
        self._coming: dict[Hashable, _Run] = {}

    def get(self, key: Hashable, lifetime: int, collect: Callable[[], Result]) -> Reading:
        """A reading that is fresh: one that is kept, one that is under way, or a new one.

        Raises:
            what ``collect`` raises, to all who wait for it.
        """
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and now < kept.expires:
                return kept
            run = self._coming.get(key)
            mine = run is None or run.born + lifetime <= now
            if run is None or mine:
                run = self._coming[key] = _Run(now, Future())
        if mine:
            self._collect(key, run, lifetime, collect)
        return run.future.result()

    def _collect(
        self, key: Hashable, run: _Run, lifetime: int, collect: Callable[[], Result]
    ) -> None:
        try:
            reading = Reading(collect(), run.born, lifetime)
            with self._lock:
                self._kept[key] = reading
            run.future.set_result(reading)
        except BaseException as error:  # noqa: BLE001 - it is raised by all who wait for it
            run.future.set_exception(error)
        finally:
            with self._lock:
                if self._coming.get(key) is run:
                    del self._coming[key]


@dataclass(frozen=True)
class _Run:
    born: float
    future: Future[Reading]
