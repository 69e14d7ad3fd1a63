"""Slots for runs whose callers wait: bounded in all, and for each client."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from sysmon_core.addresses import network
from sysmon_core.errors import TooManyRuns


class Slots:
    """Counts runs in all and of each client, and refuses more than there are slots.

    Args:
        total: how many there may be at once.
        share: how many of one client at once: of an IPv4 address or an IPv6 network.
    """

    def __init__(self, total: int, share: int) -> None:
        self._total = total
        self._share = share
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, address: str) -> Iterator[None]:
        """Hold a slot for a client.

        Raises:
            TooManyRuns: all are taken, or as many as one client may have.
        """
        client = network(address)
        self._take(client)
        try:
            yield
        finally:
            with self._lock:
                self._taken[client] -= 1
                self._taken += Counter()  # removes clients at zero

    def _take(self, client: str) -> None:
        with self._lock:
            if self._taken.total() >= self._total:
                raise TooManyRuns(
                    "All slots for synchronous runs are taken: try again, or use a task"
                )
            if self._taken[client] >= self._share:
                raise TooManyRuns(
                    "You have as many synchronous runs as one client may have: "
                    "wait for one, or use a task"
                )
            self._taken[client] += 1
