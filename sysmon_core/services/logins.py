"""Authentication by name and password: rate-limited, queued, cached and audited."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from sysmon_core.addresses import network
from sysmon_core.errors import TooManyGuesses, TooManyLogins
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.credential_cache import CredentialCache
from sysmon_core.services.fair_queue import REFUSAL, FairQueue
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.single_flight import OnStart, SingleFlight
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.users import Account, Credentials, Users

CHECK_SECONDS = 10.0  # until a caller gives up a check that it shares: far more than one takes


class LoginAttempt(NamedTuple):
    """A name and a password that were sent, the stored hash, and the network they came from."""

    username: str
    password: str
    password_hash: str | None
    network: str


class Logins:
    """Authenticates users by their passwords.

    Equal attempts at the same time from the same network share one check, which counts as one
    guess: a second try of a password gives an attacker nothing new, and the connections with which
    a program starts are authenticated together, though few checks may run at once.

    Args:
        queue: bounds the checks at once: each keeps a thread and a processor busy.
    """

    def __init__(
        self, users: Users, passwords: Passwords, throttle: Throttle, queue: FairQueue
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._throttle = throttle
        self._queue = queue
        self._credential_cache = CredentialCache()
        self._checks: SingleFlight[bool] = SingleFlight(queue.follow, CHECK_SECONDS)

    def cached_account(self, username: str, password: str) -> Account | None:
        """Return the user if the caches have user and password; never wait, else None."""
        account, password_hash = self._users.cached_credentials(username) or (None, "")
        return account if self._credential_cache.has(password_hash, password) else None

    def authenticate(self, username: str, password: str, address: str) -> Account | None:
        """Return the user if the password is right, else None; ``verify`` has the errors."""
        verified = self.verify(username, password, address)
        return verified[0] if verified else None

    def verify(self, username: str, password: str, address: str) -> Credentials | None:
        """Return the user and the stored hash if the password is right, else None.

        An unknown name takes as long as a wrong password, so that names cannot be probed.

        Raises:
            TooManyGuesses: a rate limit is used up; the password was not checked.
            TooManyLogins: too many passwords are being checked; the client may retry at once.
            DatabaseUnavailable: the users cannot be read.
            AuditStalled: a refusal could not be audited, so the password was not checked.
        """
        credentials = self._users.credentials(username)
        account, password_hash = credentials or (None, None)
        if password_hash and self._credential_cache.has(password_hash, password):
            return credentials
        check_audit_queue()
        attempt = LoginAttempt(username, password, password_hash, network(address))
        with _auditing_throttled(account, address):
            if self._is_right(attempt):
                return credentials
        audit.record("login.refused", Caller(address=address), user=_name(account))
        return None

    def _is_right(self, attempt: LoginAttempt) -> bool:
        try:
            return self._checks.share(attempt, lambda on_start: self._check(attempt, on_start))
        except TimeoutError:
            raise TooManyLogins(REFUSAL) from None

    def _check(self, attempt: LoginAttempt, on_start: OnStart) -> bool:
        guess = self._throttle.check(attempt.network, attempt.username)
        with self._queue.slot(attempt.network, known=guess.known):
            on_start()
            if self._is_cached(attempt):
                return True  # by a check for another network while this one waited
            self._throttle.admit(guess)
            if not self._passwords.verify(attempt.password_hash, attempt.password):
                return False
            self._throttle.succeeded(guess)
        if attempt.password_hash:
            self._credential_cache.add(attempt.password_hash, attempt.password)
        return True

    def _is_cached(self, attempt: LoginAttempt) -> bool:
        stored = attempt.password_hash
        return stored is not None and self._credential_cache.has(stored, attempt.password)


@contextlib.contextmanager
def _auditing_throttled(account: Account | None, address: str) -> Iterator[None]:
    try:
        yield
    except TooManyGuesses:
        audit.record("login.throttled", Caller(address=address), user=_name(account))
        raise


def _name(account: Account | None) -> str:
    return account.username if account else "unknown"
