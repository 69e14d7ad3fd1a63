"""Bounds guesses of passwords: of a user from an address, from an address, of a user from all.

A guess is counted before the password is looked at, so that many at once get no more than many
after each other, and is taken back if it was right: a hundred users who come to work behind one
address cost it nothing. It is counted by all rules or by none, so that what one rule refuses uses
up no other: a job that sends a wrong password all day is refused by the rule of its user and
address, and leaves most of the address to those beside it.

Whoever was let in within a month is known where that was, and held to the rule of user and address
alone. So nobody can lock the owner out of an account by guessing elsewhere, nor out of an office by
guessing within it. What bounds those who guess a user who is not known there is all three rules;
of one who is known, from that very network, the first.
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
from sysmon_core.services.windows import LocalRateCounters, RateCounters, Rule, Thing
from sysmon_core.settings import Settings

KNOWN = Rule("known", most=1, seconds=30 * 86400, bits=1)  # full: the user has been there
AWAY = 30.0  # seconds for which a store that failed is not asked again

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guess:
    """One try of a password for a user, from a network.

    Args:
        known: whether the user was let in from there within a month.
        when: the time of the clock by which it is counted.
    """

    network: str
    user: str
    known: bool
    when: float


class Throttle:
    """Counts in a store that all processes share, and in this one's memory while that is away.

    Args:
        clock: tells when a store that failed is to be asked again.
        now: tells the time that all processes share.
    """

    def __init__(
        self,
        settings: Settings,
        shared: RateCounters,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._of_address = _rules("address", settings.guesses_per_address)
        self._of_both = _rules("both", settings.guesses_per_user_and_address)
        self._of_user = _rules("user", settings.guesses_per_user)
        self._shared = shared
        self._own: RateCounters = LocalRateCounters()
        self._clock = clock
        self._now = now
        self._away_until = 0.0

    def guess(self, address: str, username: str) -> Guess:
        """A guess that may be made, so far: nothing is counted yet.

        Raises:
            TooManyGuesses: there have been too many.
        """
        place, user, now = network(address), _fingerprint(username), self._now()
        known = self._ask(lambda store: store.wait([_mark(user, place)], now)) > 0
        guess = Guess(place, user, known, now)
        _refuse(self._ask(lambda store: store.wait(self._counted(guess), now)))
        return guess

    def admit(self, guess: Guess) -> None:
        """Count a guess: its password is looked at next.

        Raises:
            TooManyGuesses: there have been too many meanwhile; it must not be looked at.
        """
        _refuse(self._ask(lambda store: store.add(self._counted(guess), guess.when)))

    def succeeded(self, guess: Guess) -> None:
        """Take back a guess that was right, and the wrong ones of the user there; know both."""
        now, mark = self._now(), [_mark(guess.user, guess.network)]
        self._ask(lambda store: store.change(self._counted(guess), guess.when, -1))
        self._ask(lambda store: store.clear(self._there(guess), now))
        self._ask(lambda store: store.change(mark, now, 1))

    def _counted(self, guess: Guess) -> list[Thing]:
        """What the guess counts as."""
        if guess.known:
            return self._there(guess)
        of_address = [Thing(rule, guess.network) for rule in self._of_address]
        of_user = [Thing(rule, guess.user) for rule in self._of_user]
        return [*self._there(guess), *of_address, *of_user]

    def _there(self, guess: Guess) -> list[Thing]:
        return [Thing(rule, f"{guess.user} {guess.network}") for rule in self._of_both]

    def _ask(self, question: Callable[[RateCounters], T]) -> T:
        if self._clock() >= self._away_until:
            try:
                return question(self._shared)
            except CountersUnavailable as error:
                logger.warning("guesses are counted by each process alone: %s", error)
                self._away_until = self._clock() + AWAY
        return question(self._own)


def _mark(user: str, place: str) -> Thing:
    return Thing(KNOWN, f"{user} {place}")


def _rules(name: str, rates: str) -> Sequence[Rule]:
    return [Rule(name, rate.amount, rate.get_expiry()) for rate in parse_many(rates)]


def _refuse(seconds: float) -> None:
    if seconds:
        raise TooManyGuesses(seconds)


def _fingerprint(username: str) -> str:
    """So little of a name that it tells nothing of a password that somebody typed in its place."""
    return hashlib.blake2b(username.encode(), digest_size=2).hexdigest()
