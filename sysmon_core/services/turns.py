"""Who is next where few may be at once: in turn by network, and a place is kept for those known.

A password costs a processor for as long as a check takes, so few are checked at once, and whoever
guesses has more connections than there are places. Who is refused at once only comes back at once,
and of those who come the most go in; who waits a moment cannot come again meanwhile. So all wait,
in a queue for each network, and the networks have their turns one after the other: within a
network the first come, first served, since each that waits longer than a turn takes gets one.

Those who guess from ever new networks have as many turns as they have connections, and nothing
tells a newcomer from them: as long as all of them find room to wait each gets a turn. Where there
is none, whoever takes most of it gives it up; with one of each network those who came first stay.
Whoever is known is no part of that: one place is never given to anybody else, and they always
find room. By that only a user in a network counts, as somebody who was let in there: by the name
alone all who guess an admin's password would be known.

Who waits keeps a thread from everybody else, so room and time are bounded.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator

from sysmon_core.errors import TooManyLogins

WAIT_SECONDS = 1.5  # for a turn: short of the two in which whoever asks must have an answer
REFUSED = "Too many passwords are being checked: try again"


class _Ticket:
    """Somebody who waits."""

    def __init__(self, client: str, *, known: bool) -> None:
        self.client = client
        self.known = known
        self.admitted = False
        self.called = threading.Event()


class Turns:
    """Places and the room before them.

    Args:
        places: how many may be in at once.
        room: how many may wait for one.
        seconds: for which they do.
    """

    def __init__(self, places: int, room: int, seconds: float = WAIT_SECONDS) -> None:
        self._places = places
        self._open = max(1, places - 1)  # to all
        self._room = room
        self._seconds = seconds
        self._lock = threading.Lock()
        self._inside = self._strangers = self._followers = 0
        self._known: deque[_Ticket] = deque()
        self._queues: OrderedDict[str, deque[_Ticket]] = OrderedDict()  # the next is the first

    @contextlib.contextmanager
    def turn(self, client: str, *, known: bool) -> Iterator[None]:
        """Wait for a place, and have it.

        Raises:
            TooManyLogins: there is no room to wait in, or none came free in time.
        """
        ticket = _Ticket(client, known=known)
        self._come(ticket)
        try:
            ticket.called.wait(self._seconds)
            if not ticket.admitted:
                raise TooManyLogins(REFUSED)
            yield
        finally:
            self._go(ticket)

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Wait for what somebody does who waits for a place; half as many may as for a place.

        They have room of their own: there may be many of one network, and it would be theirs alone.

        Raises:
            TooManyLogins: there is no room to wait in.
        """
        with self._lock:
            if self._followers >= self._room // 2:
                raise TooManyLogins(REFUSED)
            self._followers += 1
        try:
            yield
        finally:
            with self._lock:
                self._followers -= 1

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return self._followers + self._queued()

    def _queued(self) -> int:
        return len(self._known) + sum(map(len, self._queues.values()))

    def _come(self, ticket: _Ticket) -> None:
        with self._lock:
            queue = self._known if ticket.known else self._queues.setdefault(ticket.client, deque())
            queue.append(ticket)
            self._call()
            if not ticket.admitted and self._queued() > self._room:
                self._send_away(ticket)

    def _send_away(self, newest: _Ticket) -> None:
        """Let one go who waits: the last of the network with the most, or else the newest."""
        most = max(self._queues.values(), key=len, default=deque())
        own = 0 if newest.known else len(self._queues[newest.client])
        gone = most[-1] if len(most) > own else newest
        self._remove(gone)
        gone.called.set()

    def _remove(self, ticket: _Ticket) -> None:
        queue = self._known if ticket.known else self._queues.get(ticket.client, deque())
        with contextlib.suppress(ValueError):
            queue.remove(ticket)
        if not ticket.known and not queue:
            self._queues.pop(ticket.client, None)

    def _call(self) -> None:
        """Give the free places to those who are next."""
        while self._known and self._inside < self._places:
            self._admit(self._known.popleft())
        while self._queues and self._inside < self._places and self._strangers < self._open:
            client, queue = self._queues.popitem(last=False)
            ticket = queue.popleft()
            if queue:
                self._queues[client] = queue  # behind all others
            self._admit(ticket)

    def _admit(self, ticket: _Ticket) -> None:
        self._inside += 1
        self._strangers += not ticket.known
        ticket.admitted = True
        ticket.called.set()

    def _go(self, ticket: _Ticket) -> None:
        """Give up the place, which may just have been given, or the wait for it."""
        with self._lock:
            if ticket.admitted:
                self._inside -= 1
                self._strangers -= not ticket.known
                self._call()
            else:
                self._remove(ticket)
