"""A cache of verified credentials, so that argon2 runs once for each and not at every request."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

MAX_CREDENTIALS = 100_000  # of each of the two generations, at about 100 bytes each
GENERATION_SECONDS = 86400  # an unused entry stays at least this long, and at most twice as long
GENERATIONS = 2


class CredentialCache:
    """Verified pairs of a stored hash and a password, as keyed digests of both (RFC 7693, 2.5).

    The stored hash is part of the digest, and is read from the database at each request: once a
    password is changed or a user removed, by whatever process, no entry matches any more. The
    digest's key is this process's own, so that no entry reveals a password.

    Entries are in two generations, the current and the previous. An entry that is used moves to the
    current one. Once a generation's time is over or the current one is full, it becomes the
    previous one, and the previous one is dropped as a whole. That approximates a least recently
    used cache with expiry, without a time or a link in each entry, which would take three times
    the memory.

    Args:
        clock: gives monotonic seconds.
        max_credentials: entries of each generation.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        max_credentials: int = MAX_CREDENTIALS,
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._max_credentials = max_credentials
        self._current: set[bytes] = set()
        self._previous: set[bytes] = set()
        self._began = clock()
        self._lock = threading.Lock()

    def has(self, password_hash: str, password: str) -> bool:
        """Find whether this pair was verified; a pair that is found is kept for longer."""
        digest = self._digest(password_hash, password)
        with self._lock:
            self._expire()
            if digest in self._current:
                return True
            if digest not in self._previous:
                return False
            self._use(digest)
            return True

    def add(self, password_hash: str, password: str) -> None:
        """Add a pair that was verified."""
        with self._lock:
            self._expire()
            self._use(self._digest(password_hash, password))

    def _use(self, digest: bytes) -> None:
        if len(self._current) >= self._max_credentials:
            self._begin_generation()
            self._began = self._clock()
        self._current.add(digest)

    def _expire(self) -> None:
        """Begin a generation for each whose time is over; after two nothing is left."""
        ended = int((self._clock() - self._began) // GENERATION_SECONDS)
        self._began += ended * GENERATION_SECONDS
        for _ in range(min(ended, GENERATIONS)):
            self._begin_generation()

    def _begin_generation(self) -> None:
        self._current, self._previous = set(), self._current

    def _digest(self, password_hash: str, password: str) -> bytes:
        mac = hashlib.blake2b(key=self._key, digest_size=16)
        for part in (password_hash.encode(), password.encode()):
            mac.update(len(part).to_bytes(8) + part)
        return mac.digest()
