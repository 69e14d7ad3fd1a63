"""Passwords: argon2id, never stored or told in clear."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

RANDOM_BYTES = 15  # 120 bits: nobody guesses it, somebody can type it


class Passwords:
    """Hashes and verifies with one set of costs: the minimum that OWASP gives for argon2id."""

    def __init__(self, time_cost: int = 2, memory_cost: int = 19456) -> None:
        self._hasher = PasswordHasher(time_cost, memory_cost, parallelism=1)
        self._nobody = self.hash(random_password())

    def hash(self, password: str) -> str:
        """The hash to store, salt and costs in it."""
        return self._hasher.hash(password.encode())

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one hashed; without a hash it is never.

        It takes the same time for a user that does not exist, so that names cannot be probed.
        """
        try:
            matches = self._hasher.verify(password_hash or self._nobody, password.encode())
        except (VerificationError, InvalidHashError):
            return False
        return matches and password_hash is not None


def random_password(at_least: int = 0) -> str:
    """A password for somebody who will change it, of ``at_least`` so many characters."""
    return secrets.token_urlsafe(max(RANDOM_BYTES, at_least))
