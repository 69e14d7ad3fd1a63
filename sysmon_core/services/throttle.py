"""Bounds guesses of passwords: from an address, of a user from an address, of a user from all.

A guess is counted before the password is looked at, so that many at once get no more than many
after each other. Nobody can lock the owner out of an account: from where a user was known within
a month, the guesses that others make elsewhere do not count.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from limits import RateLimitItem, RateLimitItemPerMonth, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter as Limiter

from sysmon_core.errors import TooManyGuesses
from sysmon_core.settings import Settings

KNOWN = RateLimitItemPerMonth(1)  # a place that is full: the user has been there
AWAY = 30.0  # seconds for which a store that failed is not asked again
NETWORK = 64  # bits of an IPv6 address that count: whoever has one has all of its network

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


class Throttle:
    """Counts in a store that all processes share, and in this one's memory while that is away.

    Args:
        clock: tells when a store that failed is to be asked again.
    """

    def __init__(
        self, settings: Settings, shared: Storage, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._of_address = parse_many(settings.guesses_per_address)
        self._of_both = parse_many(settings.guesses_per_user_and_address)
        self._of_user = parse_many(settings.guesses_per_user)
        self._shared = Limiter(shared)
        self._own = Limiter(MemoryStorage())
        self._clock = clock
        self._away_until = 0.0

    def admit(self, address: str, username: str) -> None:
        """Count a guess.

        Raises:
            TooManyGuesses: there have been too many; it must not be looked at.
        """
        place, user = _place(address), _fingerprint(username)
        self._count(self._of_address, "address", place)
        self._count(self._of_both, "both", user, place)
        if self._ask(Limiter.test, KNOWN, user, place):
            self._count(self._of_user, "user", user)

    def succeeded(self, address: str, username: str) -> None:
        """Take the guesses of a user from an address for the user's own, and know both."""
        place, user = _place(address), _fingerprint(username)
        for rule in self._of_both:
            self._ask(Limiter.clear, rule, "both", user, place)
        self._ask(Limiter.clear, KNOWN, user, place)
        self._ask(Limiter.hit, KNOWN, user, place)

    def _count(self, rules: Sequence[RateLimitItem], *what: str) -> None:
        for rule in rules:
            if not self._ask(Limiter.hit, rule, *what):
                reset_time, _ = self._ask(Limiter.get_window_stats, rule, *what)
                raise TooManyGuesses(reset_time - time.time())

    def _ask(
        self, method: Callable[Concatenate[Limiter, P], T], *args: P.args, **options: P.kwargs
    ) -> T:
        if self._clock() >= self._away_until:
            try:
                return method(self._shared, *args, **options)
            except StorageError as error:
                logger.warning("guesses are counted by each process alone: %s", error)
                self._away_until = self._clock() + AWAY
        return method(self._own, *args, **options)


def _place(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if ip.version == 4 else str(ipaddress.ip_network((ip, NETWORK), strict=False))


def _fingerprint(username: str) -> str:
    """So little of a name that it tells nothing of a password that somebody typed in its place."""
    return hashlib.blake2b(username.encode(), digest_size=2).hexdigest()
