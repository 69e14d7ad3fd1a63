"""A fair queue for password checks: networks take turns, and a slot is reserved for known users.

A check keeps a processor busy, so there are few slots, and an attacker has more connections than
there are slots. To refuse at once would favour the attacker: a client that is refused comes back at
once, and the client that comes most often wins. A client that waits cannot come again meanwhile. So
all wait, in one queue for each network, and the networks take turns; within a network the first
come is the first served.

An attacker with many networks has as many turns as connections, and cannot be told from a newcomer:
while the queue is not full each gets a turn. Once it is full, the network with the most waiters
loses its last one; if each has only one, those who came first stay.

Known users are exempt: one slot is never given to others, and a full queue does not refuse them.
Known means known at that network (``services.throttle``): by the name alone, everybody who guesses
the password of an admin would be.

A waiter keeps a thread of the server busy, so the number of waiters and their time are bounded.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator

from sysmon_core.errors import TooManyLogins

MAX_WAIT_SECONDS = 1.5  # for a slot: a login should be answered within two seconds
REFUSAL = "Too many passwords are being checked: try again"


class _Waiter:
    """A thread in the queue; ``called`` is set once it is admitted or refused."""

    def __init__(self, client: str, *, known: bool) -> None:
        self.client = client
        self.known = known
        self.admitted = False
        self.called = threading.Event()


class FairQueue:
    """Slots, and a queue of bounded length before them.

    Args:
        slots: how many may be held at once; with more than one, the last is for known users.
        max_waiting: how many threads may wait for a slot.
        seconds: how long each of them waits at most.
    """

    def __init__(self, slots: int, max_waiting: int, seconds: float = MAX_WAIT_SECONDS) -> None:
        self._slots = slots
        self._unreserved = max(1, slots - 1)
        self._max_waiting = max_waiting
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held = self._held_by_unknown = self._followers = 0
        self._known: deque[_Waiter] = deque()
        # By client; the first has the next turn.
        self._queues: OrderedDict[str, deque[_Waiter]] = OrderedDict()

    @contextlib.contextmanager
    def slot(self, client: str, *, known: bool) -> Iterator[None]:
        """Wait for a slot, and hold it in the context.

        Raises:
            TooManyLogins: too many wait, or no slot came free in time.
        """
        waiter = _Waiter(client, known=known)
        self._enter(waiter)
        try:
            waiter.called.wait(self._seconds)
            if not waiter.admitted:
                raise TooManyLogins(REFUSAL)
            yield
        finally:
            self._leave(waiter)

    @contextlib.contextmanager
    def follow(self) -> Iterator[None]:
        """Count as a follower in the context: a thread that waits for the outcome of a waiter.

        There may be half as many followers as waiters, counted apart: one network may have many,
        which would fill the queue.

        Raises:
            TooManyLogins: there are too many.
        """
        with self._lock:
            if self._followers >= self._max_waiting // 2:
                raise TooManyLogins(REFUSAL)
            self._followers += 1
        try:
            yield
        finally:
            with self._lock:
                self._followers -= 1

    @property
    def waiting(self) -> int:
        """The number of waiters and followers."""
        with self._lock:
            return self._followers + self._waiters()

    def _waiters(self) -> int:
        return len(self._known) + sum(map(len, self._queues.values()))

    def _enter(self, waiter: _Waiter) -> None:
        with self._lock:
            queue = self._known if waiter.known else self._queues.setdefault(waiter.client, deque())
            queue.append(waiter)
            self._fill_slots()
            if not waiter.admitted and self._waiters() > self._max_waiting:
                self._refuse_one(waiter)

    def _refuse_one(self, newest: _Waiter) -> None:
        """Refuse the last waiter of the network with the most, or else the newest one."""
        longest = max(self._queues.values(), key=len, default=deque())
        own = 0 if newest.known else len(self._queues[newest.client])
        refused = longest[-1] if len(longest) > own else newest
        self._remove(refused)
        refused.called.set()

    def _remove(self, waiter: _Waiter) -> None:
        queue = self._known if waiter.known else self._queues.get(waiter.client, deque())
        with contextlib.suppress(ValueError):
            queue.remove(waiter)
        if not waiter.known and not queue:
            self._queues.pop(waiter.client, None)

    def _fill_slots(self) -> None:
        """Admit to the free slots: known users first, then one of each network in turn."""
        while self._known and self._held < self._slots:
            self._admit(self._known.popleft())
        while (
            self._queues and self._held < self._slots and self._held_by_unknown < self._unreserved
        ):
            client, queue = self._queues.popitem(last=False)
            waiter = queue.popleft()
            if queue:
                self._queues[client] = queue  # behind all others
            self._admit(waiter)

    def _admit(self, waiter: _Waiter) -> None:
        self._held += 1
        self._held_by_unknown += not waiter.known
        waiter.admitted = True
        waiter.called.set()

    def _leave(self, waiter: _Waiter) -> None:
        """Give up the slot, or the wait; a slot may have come just when the wait ended."""
        with self._lock:
            if waiter.admitted:
                self._held -= 1
                self._held_by_unknown -= not waiter.known
                self._fill_slots()
            else:
                self._remove(waiter)
