"""The threads of each class of work, and the bounded queue before them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from sysmon_core.api.framework.work import AT_ONCE, Work

QUEUE_SECONDS = 5.0  # that a request may wait for a thread; then its client had better come back


class Pool:
    """The threads of one class of work, which are started as they are needed."""

    def __init__(self, work: Work) -> None:
        self.threads = ThreadPoolExecutor(work.threads, f"sysmon-{work.name}")
        self._most = work.threads + work.queue
        self._lock = threading.Lock()
        self._inside = 0

    def enter(self) -> bool:
        """Take a place in the queue; false if there is none."""
        with self._lock:
            if self._inside >= self._most:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._inside -= 1


def pools(works: Iterable[Work]) -> Mapping[Work, Pool]:
    """A pool for each class of work; two of one name and size are one."""
    return {work: Pool(work) for work in set(works) - {AT_ONCE}}
