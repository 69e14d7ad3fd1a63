"""Classes of work: what may wait has threads of its own, and a bounded queue before them.

A bulkhead (Nygard, Release It!, 5.3): whatever floods or hangs one class, the others go on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

QUEUE_SECONDS = 5.0  # that a request may wait for a thread; then its client had better come back
QUEUE_REQUESTS = 500  # that may wait for the threads of one class


@dataclass(frozen=True)
class Work:
    """A class of work: its name, and how many of it are done at once."""

    name: str
    threads: int
    queue: int = QUEUE_REQUESTS


AT_ONCE = Work("at once", 0)  # it never waits: the server's own threads do it
TASKS = Work("tasks", 2)  # it asks Redis, which answers soon or not at all
USERS = Work("users", 4)  # it asks the users' database, likewise
CHANGE = Work("change", 16)  # it waits for a hash, or for a worker to stop
DOCUMENT = Work("document", 1)  # the API document and the files of its page, which are large
LOGIN = Work("login", 64)  # passwords that have to be looked at


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
