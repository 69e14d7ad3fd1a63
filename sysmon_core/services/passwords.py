"""Passwords: argon2id, never stored or told in clear."""

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

SHORTEST_WORD = 3  # characters: shorter ones would be found in everything

RANDOM_BYTES = 15  # 120 bits: nobody guesses it, somebody can type it

NICENESS = 10  # beyond this process's own: a tenth of a share of the processor, if others want it

T = TypeVar("T")


def _aside(function: Callable[..., T], *words: str | bytes) -> T:
    """What the function gives, worked out by a thread that gives way to all others."""
    with ThreadPoolExecutor(1, "sysmon-passwords", _give_way) as pool:
        return pool.submit(function, *words).result()


def _give_way() -> None:
    """Lower this thread's priority: on Linux each has its own (nice(2))."""
    if sys.platform == "linux":
        os.nice(NICENESS)


class Passwords:
    """Hashes and verifies with one set of costs: the minimum that OWASP gives for argon2id."""

    def __init__(self, time_cost: int = 2, memory_cost: int = 19456) -> None:
        self._hasher = PasswordHasher(time_cost, memory_cost, parallelism=1)
        self._nobody = self.hash(random_password())

    def hash(self, password: str) -> str:
        """The hash to store, salt and costs in it."""
        return _aside(self._hasher.hash, password.encode())

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one hashed; without a hash it is never.

        It takes the same time for a user that does not exist, so that names cannot be probed.
        """
        try:
            words = (password_hash or self._nobody, password.encode())
            matches = _aside(self._hasher.verify, *words)
        except (VerificationError, InvalidHashError):
            return False
        return matches and password_hash is not None


def random_password(at_least: int = 0) -> str:
    """A password for somebody who will change it, of ``at_least`` so many characters."""
    return secrets.token_urlsafe(max(RANDOM_BYTES, at_least))


@dataclass(frozen=True)
class PasswordRules:
    """What a new password must be.

    Args:
        at_least: how many characters it must have.
        words: what anybody would guess. Where there are any, neither they nor the user's own names
            count as characters (NIST SP 800-63B-4, 3.1.1.2: context-specific words).
    """

    at_least: int = 1
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The rules of the settings."""
        words = settings.password_blocklist.split()
        return cls(settings.password_min_length, (*words, socket.gethostname()) if words else ())

    def check(self, password: str, names: Iterable[str]) -> None:
        """Look at a password for a user of these names.

        Raises:
            InvalidInput: it is too short.
        """
        counted = _without(password, (*self.words, *names)) if self.words else password
        if len(counted) < self.at_least:
            beside = " beside words that are easily guessed" if self.words else ""
            fault = Fault("password", f"must have at least {self.at_least} characters{beside}")
            raise InvalidInput([fault])


def _without(password: str, texts: Iterable[str]) -> str:
    """The password without the words of the texts, in whatever case."""
    words = {word for text in texts for word in (text, *re.split(r"[\W_]+", text))}
    long = sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, long)), "", password, flags=re.IGNORECASE)
