"""Thread pools: one for each class of work, with a bounded queue."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from sysmon_core.api.framework.work import AT_ONCE, Work

QUEUE_SECONDS = 5.0  # that a request may wait for a thread; after that it is refused


class Pool:
    """The pool of one class of work; its threads start as they are needed."""

    def __init__(self, work: Work) -> None:
        self.threads = ThreadPoolExecutor(work.threads, f"sysmon-{work.name}")
        self._limit = work.threads + work.queue
        self._lock = threading.Lock()
        self._inside = 0

    def enter(self) -> bool:
        """Take a place in the pool or its queue; false if all are taken."""
        with self._lock:
            if self._inside >= self._limit:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._inside -= 1


def pools(works: Iterable[Work]) -> Mapping[Work, Pool]:
    """Return a pool for each class of work; classes that are equal share one."""
    return {work: Pool(work) for work in set(works) - {AT_ONCE}}
