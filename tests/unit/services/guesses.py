"""Guesses of passwords, and limits of them that are soon reached."""

from __future__ import annotations

from sysmon_core.errors import TooManyGuesses
from sysmon_core.services.throttle import Throttle

RATES = {
    "guesses_per_address": "8/minute",
    "guesses_per_user_and_address": "3/minute; 5/hour",
    "guesses_per_user": "6/hour",
}


def guesses(throttle: Throttle, address: str, user: str, most: int = 50) -> int:
    """Count the wrong guesses of so many that the limits admit."""
    for count in range(most):
        try:
            throttle.admit(throttle.check(address, user))
        except TooManyGuesses:
            return count
    return most


def succeeds(throttle: Throttle, address: str, user: str) -> None:
    guess = throttle.check(address, user)
    throttle.admit(guess)
    throttle.succeeded(guess)
