"""Who a name and a password belong to: throttled, and checked once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from sysmon_core.errors import TooManyGuesses, TooManyLogins
from sysmon_core.log_queue import check_room
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.users import Account, Users
from sysmon_core.services.verified import Verified


class Logins:
    """Knows the users by their passwords.

    Args:
        at_once: passwords that are checked at once: each keeps a thread and a processor busy.
    """

    def __init__(
        self, users: Users, passwords: Passwords, throttle: Throttle, at_once: int
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._throttle = throttle
        self._verified = Verified()
        self._places = threading.BoundedSemaphore(at_once)

    def at_hand(self, username: str, password: str) -> Account | None:
        """The user, if that can be told without asking the database or checking the password."""
        account, password_hash = self._users.at_hand(username) or (None, "")
        return account if self._verified.has(password_hash, password) else None

    def authenticate(self, username: str, password: str, address: str) -> Account | None:
        """The user of this name and password, or None, which takes as long.

        Raises:
            TooManyGuesses: the password was not looked at.
            TooManyLogins: others are being checked: this one may be tried again at once.
            DatabaseUnavailable: it cannot be known.
            AuditStalled: nobody would be told if it is wrong.
        """
        found = self._users.credentials(username)
        account, password_hash = found or (None, None)
        if password_hash and self._verified.has(password_hash, password):
            return account
        check_room()
        with self._place(), self._told(account, address):
            self._throttle.admit(address, username)
            if not self._passwords.verify(password_hash, password):
                audit.record("login.refused", Caller(address=address), user=_name(account))
                return None
            self._throttle.succeeded(address, username)
        if password_hash:
            self._verified.add(password_hash, password)
        return account

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        # Without waiting: a thread that waits here is one less for everybody else.
        if not self._places.acquire(blocking=False):
            raise TooManyLogins("Too many passwords are being checked: try again")
        try:
            yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _told(self, account: Account | None, address: str) -> Iterator[None]:
        try:
            yield
        except TooManyGuesses:
            audit.record("login.throttled", Caller(address=address), user=_name(account))
            raise


def _name(account: Account | None) -> str:
    return account.username if account else "unknown"
