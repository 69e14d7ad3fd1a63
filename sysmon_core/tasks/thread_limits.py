"""The limits of the messages of each queue that a worker's threads may take."""

from __future__ import annotations

import threading
from typing import Any

from sysmon_core.tasks.limits import halve_limit
from sysmon_core.tasks.queues import BRIEF, LONG, QUEUES, USERS_LONG

RESERVED_THREADS = 8  # that long tasks leave free, or a quarter if there are few


class ThreadLimits:
    """Counts the messages that each queue's consumer has fetched and not finished.

    There are never more of them than threads, so that none waits in the worker.
    """

    def __init__(self, threads: int = 8) -> None:
        self.threads = threads
        self.lock = threading.Lock()  # held from a look for a free thread until it is taken
        self._consumers: dict[str, Any] = {}  # Dramatiq's: see dramatiq_insides
        self._freed: dict[str, threading.Event] = {}

    @property
    def long(self) -> int:
        """The number of threads that long tasks may take."""
        return self.threads - min(RESERVED_THREADS, self.threads // 4)

    def consumer(self, queue: str) -> Any:
        """Return the consumer of a queue; None if there is none yet."""
        return self._consumers.get(queue)

    def add_consumer(self, queue: str, consumer: Any) -> threading.Event:
        """Count a consumer's messages; return the event that is set when a thread may be free."""
        self._consumers[queue] = consumer
        return self._freed.setdefault(queue, threading.Event())

    def notify_freed(self) -> None:
        """Wake the consumers of all queues: they share the threads."""
        for freed in list(self._freed.values()):
            freed.set()

    def free(self, queue: str) -> int:
        """Return how many more messages of a queue may be fetched."""
        limits = (
            (QUEUES, self.threads),
            ((LONG, USERS_LONG), self.long),  # the rest is for brief tasks
            ((LONG, BRIEF), (self.threads + 1) // 2),  # the rest is for users' tasks
            ((LONG,), halve_limit(self.long)),
        )
        return max(0, min(most - self._taken(*of) for of, most in limits if queue in of))

    def _taken(self, *queues: str) -> int:
        consumers = [self._consumers[name] for name in queues if name in self._consumers]
        return sum(consumer.outstanding_message_count for consumer in consumers)
