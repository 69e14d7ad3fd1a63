"""Passwords: hashing by argon2id, the rules for new ones, and random initial ones."""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sysmon_core.errors import Fault, InvalidInput
from sysmon_core.settings import Settings

MIN_WORD_LENGTH = 3  # characters: shorter words occur in most passwords by chance

RANDOM_BYTES = 15  # 120 bits: too many to guess, and few enough to type

NICENESS = 10  # added to the process's: a tenth of its share of a processor that others want

T = TypeVar("T")


def _at_low_priority(function: Callable[..., T], *args: str | bytes) -> T:
    """Call a function in a thread of low priority: argon2 must not slow the other requests.

    Each call has a new thread, since without privileges no thread can raise its priority again.
    """
    with ThreadPoolExecutor(1, "sysmon-passwords", _lower_priority) as pool:
        return pool.submit(function, *args).result()


def _lower_priority() -> None:
    """Lower this thread's priority; on Linux each thread has its own (nice(2))."""
    if sys.platform == "linux":
        os.nice(NICENESS)


class Passwords:
    """Hashes and verifies passwords; the costs are the least that OWASP advises for argon2id."""

    def __init__(self, time_cost: int = 2, memory_cost: int = 19456) -> None:
        self._hasher = PasswordHasher(time_cost, memory_cost, parallelism=1)
        self._decoy_hash = self.hash(random_password())

    def hash(self, password: str) -> str:
        """Hash a password for storage; the hash contains salt and costs."""
        return _at_low_priority(self._hasher.hash, password.encode())

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Verify a password against a hash; None, for a user that does not exist, never matches.

        It takes as long without a hash, so that names cannot be probed.
        """
        try:
            args = (password_hash or self._decoy_hash, password.encode())
            matches = _at_low_priority(self._hasher.verify, *args)
        except (VerificationError, InvalidHashError):
            return False
        return matches and password_hash is not None


def random_password(min_length: int = 0) -> str:
    """Make an initial password of at least so many characters, for its user to change."""
    return secrets.token_urlsafe(max(RANDOM_BYTES, min_length))


@dataclass(frozen=True)
class PasswordRules:
    """The requirements of a new password.

    Args:
        min_length: characters that it must have.
        blocklist: words that are easily guessed. If there are any, neither they nor the user's
            names count as characters (NIST SP 800-63B-4, 3.1.1.2: context-specific words).
    """

    min_length: int = 1
    blocklist: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make the rules of the settings; the blocklist, unless empty, has the host's name too."""
        words = settings.password_blocklist.split()
        return cls(settings.password_min_length, (*words, socket.gethostname()) if words else ())

    def check(self, password: str, names: Iterable[str]) -> None:
        """Check a password for a user with these names.

        Raises:
            InvalidInput: it is too short.
        """
        counted = _without(password, (*self.blocklist, *names)) if self.blocklist else password
        if len(counted) < self.min_length:
            beside = " beside words that are easily guessed" if self.blocklist else ""
            fault = Fault("password", f"must have at least {self.min_length} characters{beside}")
            raise InvalidInput([fault])


def _without(password: str, texts: Iterable[str]) -> str:
    """Remove from a password the texts and their words, in upper or lower case."""
    words = {word for text in texts for word in (text, *re.split(r"[\W_]+", text))}
    long = sorted((word for word in words if len(word) >= MIN_WORD_LENGTH), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, long)), "", password, flags=re.IGNORECASE)
