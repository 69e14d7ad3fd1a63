"""What users change of their own accounts."""

from __future__ import annotations

from dataclasses import replace

from sysmon_core.errors import InvalidInput
from sysmon_core.services.audit import Caller
from sysmon_core.services.logins import Logins
from sysmon_core.services.user_fields import OwnChange
from sysmon_core.services.users import Account, Users, wrong_old_password


class OwnAccount:
    """Changes of users by themselves; a new password needs the old one.

    The old one is checked, throttled and audited as that of a log-in is: whoever finds a browser
    that is logged in guesses no better than anybody else.
    """

    def __init__(self, users: Users, logins: Logins) -> None:
        self._users = users
        self._logins = logins

    def change(self, caller: Caller, new: OwnChange) -> Account:
        """Change the fields that were given; return the user.

        Raises:
            InvalidInput: the old password is wrong, or the new one is too short or too easily
                guessed.
            UserNotFound: the caller was deleted meanwhile.
            TooManyGuesses, TooManyLogins: as for ``Logins.verify``.
        """
        try:
            return self._users.change_own(caller, new, self._verified_hash(caller, new))
        except InvalidInput as error:
            raise InvalidInput(
                replace(one, name="password.new") if one.name == "password" else one
                for one in error.faults
            ) from None

    def _verified_hash(self, caller: Caller, new: OwnChange) -> str | None:
        if new.password is None:
            return None
        verified = self._logins.verify(caller.user, new.password.old, caller.address)
        if verified is None:
            raise wrong_old_password()
        return verified[1]
