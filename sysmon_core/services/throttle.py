"""The login rate limiter: bounds how often passwords and tokens can be guessed.

Three limits count guesses: those of one user from one network, all from one network, and all of
one user. A guess is counted before its password is checked, so that many at once get no further
than many in a row, and is uncounted if the password was right: a hundred users who log in from one
network in the morning use up nothing. All limits count a guess or none does, so that a guess that
one limit refuses does not use up the others: a job that sends a wrong password all day is refused
by the limit of its user and network, and leaves most of the network's limit to other users.

A network from which a user has logged in within KNOWN_SECONDS is a known address of that user.
There only the limit of user and network counts. So nobody can lock users out of their accounts by
guessing from elsewhere, nor an office out of the service by guessing from within it.

Unknown tokens have the rate of a network, but counters of their own: a program that goes on to send
a token which has expired uses up nothing of the passwords of its network.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from limits import parse_many

from sysmon_core.addresses import network
from sysmon_core.errors import CountersUnavailable, TooManyGuesses
from sysmon_core.services.rate_counters import (
    CounterKey,
    LocalRateCounters,
    RateCounters,
    RateLimit,
)
from sysmon_core.settings import Settings

KNOWN_SECONDS = 30 * 86400  # since a user's last login from a network that is known
# Not a limit but a set: a count of one means that the user has logged in from this network. It is
# a counter because the memory of counters is bounded, however many users and networks there are.
KNOWN_ADDRESS = RateLimit("known", max_count=1, seconds=KNOWN_SECONDS, bits=1)
STORE_RETRY_SECONDS = 30.0  # after a failure of the shared store, until it is used again

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guess:
    """A password for a user, sent from a network, before it is checked.

    Args:
        user: a fingerprint of the name.
        known: whether the network is a known address of the user.
        when: seconds since the epoch; the time at which the guess is counted.
    """

    network: str
    user: str
    known: bool
    when: float


class Throttle:
    """Limits guesses by counters that all processes share, or by local ones while those fail.

    Args:
        shared: the counters of all processes.
        clock: gives monotonic seconds, for the next try of a store that failed.
        now: gives seconds since the epoch, the same in all processes.
    """

    def __init__(
        self,
        settings: Settings,
        shared: RateCounters,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._network_limits = _limits("address", settings.guesses_per_address)
        self._user_network_limits = _limits("both", settings.guesses_per_user_and_address)
        self._user_limits = _limits("user", settings.guesses_per_user)
        self._token_limits = _limits("token", settings.guesses_per_address)
        self._shared = shared
        self._local: RateCounters = LocalRateCounters()
        self._clock = clock
        self._now = now
        self._retry_at = 0.0

    def check(self, address: str, username: str) -> Guess:
        """Check that one more guess is within the limits, without counting it.

        Raises:
            TooManyGuesses: it is not.
        """
        origin, user, now = network(address), _fingerprint(username), self._now()
        guess = Guess(origin, user, self._is_known(user, origin, now), now)
        _refuse(self._count(lambda store: store.retry_after(self._keys(guess), now)))
        return guess

    def admit(self, guess: Guess) -> None:
        """Count a guess; its password may be checked after that.

        Raises:
            TooManyGuesses: other guesses have used up a limit meanwhile; nothing was counted.
        """
        _refuse(self._count(lambda store: store.add(self._keys(guess), guess.when)))

    def succeeded(self, guess: Guess) -> None:
        """Uncount a right guess and the user's wrong ones from there; make the address known."""
        now, mark = self._now(), [_known_address(guess.user, guess.network)]
        self._count(lambda store: store.change(self._keys(guess), guess.when, -1))
        self._count(lambda store: store.clear(self._user_network_keys(guess), now))
        self._count(lambda store: store.change(mark, now, 1))

    def count_token(self, address: str) -> None:
        """Count an unknown token against the network of its sender.

        Raises:
            TooManyGuesses: the limit of the network is used up.
        """
        keys = [CounterKey(limit, network(address)) for limit in self._token_limits]
        now = self._now()
        _refuse(self._count(lambda store: store.add(keys, now)), "tokens")

    def _is_known(self, user: str, origin: str, now: float) -> bool:
        mark = [_known_address(user, origin)]
        return self._count(lambda store: store.retry_after(mark, now)) > 0

    def _keys(self, guess: Guess) -> list[CounterKey]:
        if guess.known:
            return self._user_network_keys(guess)
        network_keys = [CounterKey(limit, guess.network) for limit in self._network_limits]
        user_keys = [CounterKey(limit, guess.user) for limit in self._user_limits]
        return [*self._user_network_keys(guess), *network_keys, *user_keys]

    def _user_network_keys(self, guess: Guess) -> list[CounterKey]:
        name = f"{guess.user} {guess.network}"
        return [CounterKey(limit, name) for limit in self._user_network_limits]

    def _count(self, operation: Callable[[RateCounters], T]) -> T:
        """Call the operation on the shared store, or on the local one while that fails."""
        if self._clock() >= self._retry_at:
            try:
                return operation(self._shared)
            except CountersUnavailable as error:
                logger.warning("guesses are counted by each process alone: %s", error)
                self._retry_at = self._clock() + STORE_RETRY_SECONDS
        return operation(self._local)


def _known_address(user: str, origin: str) -> CounterKey:
    return CounterKey(KNOWN_ADDRESS, f"{user} {origin}")


def _limits(name: str, rates: str) -> Sequence[RateLimit]:
    return [RateLimit(name, rate.amount, rate.get_expiry()) for rate in parse_many(rates)]


def _refuse(seconds: float, guessed: str = "passwords") -> None:
    if seconds:
        raise TooManyGuesses(seconds, guessed)


def _fingerprint(username: str) -> str:
    """Hash a name to 16 bits: too few to find a password that was typed in place of the name."""
    return hashlib.blake2b(username.encode(), digest_size=2).hexdigest()
