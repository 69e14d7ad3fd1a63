"""Log-ins that begin a session, throttled and audited as every check of a password is."""

from __future__ import annotations

from typing import NamedTuple

from sysmon_core.errors import LoginRefused
from sysmon_core.services.audit import Caller
from sysmon_core.services.logins import Logins
from sysmon_core.services.sessions import Sessions
from sysmon_core.services.users import Account


class LoggedIn(NamedTuple):
    """The user of a new session, and its secret."""

    account: Account
    secret: str


class SessionLogins:
    """Begins sessions for users who send their passwords."""

    def __init__(self, logins: Logins, sessions: Sessions) -> None:
        self._logins = logins
        self._sessions = sessions

    def log_in(self, name: str, password: str, address: str, old_secret: str = "") -> LoggedIn:
        """Begin a session; that of the old secret ends.

        Raises:
            LoginRefused: the name or the password is wrong.
            TooManyGuesses, TooManyLogins, DatabaseUnavailable, AuditStalled: as for
                ``Logins.authenticate``.
        """
        verified = self._logins.verify(name, password, address)
        if verified:
            account, password_hash = verified
            caller = Caller(account.username, address)
            if secret := self._sessions.begin(caller, password_hash, old_secret):
                return LoggedIn(account, secret)
        raise LoginRefused("The name or the password is wrong")
