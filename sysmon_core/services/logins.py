"""Who a name and a password belong to: throttled, and checked once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from sysmon_core.addresses import network
from sysmon_core.errors import TooManyGuesses, TooManyLogins
from sysmon_core.log_queue import check_room
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.credential_cache import CredentialCache
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.single_flight import Begin, SingleFlight
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.turns import REFUSED, Turns
from sysmon_core.services.users import Account, Users

CHECK_SECONDS = 10.0  # for which another's check is waited for: far more than one takes


class Try(NamedTuple):
    """A name and a password, and the network that they come from."""

    username: str
    password: str
    password_hash: str | None
    network: str


class Logins:
    """Knows the users by their passwords.

    Those who send the same from the same network at once share one check, which counts as one
    guess: the same password again tells whoever guesses nothing new, and the connections of a
    program that begins its day are let in together, though few may be checked at once.

    Args:
        turns: the places for checks: each keeps a thread and a processor busy.
    """

    def __init__(
        self, users: Users, passwords: Passwords, throttle: Throttle, turns: Turns
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._throttle = throttle
        self._turns = turns
        self._verified = CredentialCache()
        self._checks: SingleFlight[bool] = SingleFlight(turns.beside, CHECK_SECONDS)

    def recall(self, username: str, password: str) -> Account | None:
        """The user, where that is known without waiting for the database or a check; else None."""
        account, password_hash = self._users.recall(username) or (None, "")
        return account if self._verified.has(password_hash, password) else None

    def authenticate(self, username: str, password: str, address: str) -> Account | None:
        """The user of this name and password, or None, which takes as long.

        Raises:
            TooManyGuesses: the password was not looked at.
            TooManyLogins: others are being checked: this one may be tried again at once.
            DatabaseUnavailable: it cannot be known.
            AuditStalled: nobody would be told if it is wrong.
        """
        account, password_hash = self._users.credentials(username) or (None, None)
        if password_hash and self._verified.has(password_hash, password):
            return account
        check_room()
        one = Try(username, password, password_hash, network(address))
        with self._told(account, address):
            if self._is_right(one):
                return account
        audit.record("login.refused", Caller(address=address), user=_name(account))
        return None

    def _is_right(self, one: Try) -> bool:
        try:
            return self._checks.share(one, lambda begin: self._check(one, begin))
        except TimeoutError:
            raise TooManyLogins(REFUSED) from None

    def _check(self, one: Try, begin: Begin) -> bool:
        guess = self._throttle.guess(one.network, one.username)
        with self._turns.turn(one.network, known=guess.known):
            begin()
            if one.password_hash and self._verified.has(one.password_hash, one.password):
                return True  # somebody came from elsewhere meanwhile
            self._throttle.admit(guess)
            if not self._passwords.verify(one.password_hash, one.password):
                return False
            self._throttle.succeeded(guess)
        if one.password_hash:
            self._verified.add(one.password_hash, one.password)
        return True

    @contextlib.contextmanager
    def _told(self, account: Account | None, address: str) -> Iterator[None]:
        try:
            yield
        except TooManyGuesses:
            audit.record("login.throttled", Caller(address=address), user=_name(account))
            raise


def _name(account: Account | None) -> str:
    return account.username if account else "unknown"
