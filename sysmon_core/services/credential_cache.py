"""Remembers which passwords were right, so that argon2 is asked once and not at each request."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

MOST = 100_000  # credentials of a day, at about 100 bytes each; yesterday's are as many again
DAY = 86400  # seconds without use for which one is remembered at least, and twice that at most


class CredentialCache:
    """Pairs of a stored hash and a password that matched, by a digest of both (RFC 7693, 2.5).

    The stored hash is part of it, and is read from the database at each request: after a changed
    password or a removed user nothing here counts any more, whichever process changed it. The
    digest's key is this process's own, so that nobody can tell a password by it.

    There are two sets, today's and yesterday's: what is used is today's, and when the day is over,
    or today's set is full, it becomes yesterday's and that one is dropped as a whole. So an entry
    needs neither a time nor a place in an order, which would take thrice its memory; and of more
    than can be remembered those go that were used longest ago, as many at once as there may be.

    Args:
        clock: tells the seconds of the day.
        most: credentials in each of the sets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._most = most
        self._today: set[bytes] = set()
        self._yesterday: set[bytes] = set()
        self._began = clock()
        self._lock = threading.Lock()

    def has(self, password_hash: str, password: str) -> bool:
        """Whether they matched before; to be asked again begins the day anew."""
        digest = self._digest(password_hash, password)
        with self._lock:
            self._pass()
            if digest in self._today:
                return True
            if digest not in self._yesterday:
                return False
            self._use(digest)
            return True

    def add(self, password_hash: str, password: str) -> None:
        """Remember that they match."""
        with self._lock:
            self._pass()
            self._use(self._digest(password_hash, password))

    def _use(self, digest: bytes) -> None:
        if len(self._today) >= self._most:
            self._turn()
            self._began = self._clock()
        self._today.add(digest)

    def _pass(self) -> None:
        """Let the days that are over be so: after two of them nothing is left."""
        days = int((self._clock() - self._began) // DAY)
        self._began += days * DAY
        for _ in range(min(days, 2)):
            self._turn()

    def _turn(self) -> None:
        self._today, self._yesterday = set(), self._today

    def _digest(self, password_hash: str, password: str) -> bytes:
        mac = hashlib.blake2b(key=self._key, digest_size=16)
        for part in (password_hash.encode(), password.encode()):
            mac.update(len(part).to_bytes(8) + part)
        return mac.digest()
