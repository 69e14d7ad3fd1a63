"""How a worker's threads are shared out among the queues."""

from __future__ import annotations

import threading
from typing import Any

from sysmon_core.tasks.lua import half
from sysmon_core.tasks.messages import BRIEF, LONG, QUEUES, USERS_LONG

RESERVED = 8  # threads that long tasks leave alone, or a quarter if there are few


class Rooms:
    """How many messages of each queue may be in hand: no more in all than there are threads."""

    def __init__(self, threads: int = 8) -> None:
        self.threads = threads
        self.lock = threading.Lock()  # held from the look for room until it is filled
        self._consumers: dict[str, Any] = {}  # Dramatiq's, what they have in hand is not declared
        self._changes: dict[str, threading.Event] = {}

    @property
    def long(self) -> int:
        """How many threads may be those of long tasks."""
        return self.threads - min(RESERVED, self.threads // 4)

    def consumer(self, queue: str) -> Any:
        """Who fetches from the queue, if anybody does."""
        return self._consumers.get(queue)

    def enter(self, queue: str, consumer: Any) -> threading.Event:
        """Count what this consumer has in hand; gives what is set when there may be more room."""
        self._consumers[queue] = consumer
        return self._changes.setdefault(queue, threading.Event())

    def changed(self) -> None:
        """Tell all that there may be more room: it is shared."""
        for change in list(self._changes.values()):
            change.set()

    def free(self, queue: str) -> int:
        """How many messages of the queue may be taken in hand beside those that are."""
        bounds = (
            (QUEUES, self.threads),
            ((LONG, USERS_LONG), self.long),  # for the sake of brief ones, and these of users'
            ((LONG, BRIEF), (self.threads + 1) // 2),
            ((LONG,), half(self.long)),
        )
        return max(0, min(most - self._in_hand(*of) for of, most in bounds if queue in of))

    def _in_hand(self, *queues: str) -> int:
        found = [self._consumers[name] for name in queues if name in self._consumers]
        return sum(consumer.outstanding_message_count for consumer in found)
