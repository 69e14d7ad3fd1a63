"""Remembers which passwords were right, so that argon2 is asked once and not at each request."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

from cachetools import TTLCache

MOST = 1024  # credentials; the one that was used longest ago gives way
DAY = 86400  # seconds without use after which one is forgotten


class Verified:
    """Pairs of a stored hash and a password that matched, by a digest of both (RFC 7693, 2.5).

    The stored hash is part of it, and is read from the database at each request: after a changed
    password or a removed user nothing here counts any more, whichever process changed it. The
    digest's key is this process's own, so that nobody can tell a password by it.

    Args:
        clock: tells the seconds of the day.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: TTLCache[bytes, None] = TTLCache(MOST, DAY, clock)
        self._lock = threading.Lock()

    def has(self, password_hash: str, password: str) -> bool:
        """Whether they matched before; to be asked again begins the day anew."""
        digest = self._digest(password_hash, password)
        with self._lock:
            if digest not in self._seen:
                return False
            self._seen[digest] = None
            return True

    def add(self, password_hash: str, password: str) -> None:
        """Remember that they match."""
        with self._lock:
            self._seen[self._digest(password_hash, password)] = None

    def _digest(self, password_hash: str, password: str) -> bytes:
        mac = hashlib.blake2b(key=self._key, digest_size=32)
        for part in (password_hash.encode(), password.encode()):
            mac.update(len(part).to_bytes(8) + part)
        return mac.digest()
