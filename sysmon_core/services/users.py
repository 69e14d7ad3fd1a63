"""The users: who they are, what they may be named, and that an admin always remains."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from sysmon_core.database import Database
from sysmon_core.database.tables import users
from sysmon_core.database.versioned_cache import VersionedCache
from sysmon_core.errors import (
    DatabaseUnavailable,
    Fault,
    InvalidInput,
    UserExists,
    UserNotFound,
)
from sysmon_core.log_queue import check_room
from sysmon_core.services.audit import Caller
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_fields import USERNAME, NewUser, UserChange
from sysmon_core.services.user_writes import Fields, UserWrites
from sysmon_core.settings import Settings

MOST = 2**31  # databases know no larger number


@dataclass(frozen=True)
class Account:
    """A user as shown: never the password."""

    username: str
    fullname: str
    admin: bool


Credentials = tuple[Account, str]


class Users:
    """Reads and changes users; each call is one transaction, and each change is in the audit.

    Whoever changes them is ``by``: somebody on this host where nobody is named.
    """

    def __init__(self, database: Database, passwords: Passwords, rules: PasswordRules) -> None:
        self._database = database
        self._passwords = passwords
        self._rules = rules
        self._found: VersionedCache[Credentials | None] = VersionedCache(database)

    @classmethod
    def of(cls, settings: Settings, passwords: Passwords | None = None) -> Self:
        """The users that the settings name."""
        rules = PasswordRules.of(settings)
        database = Database(settings.database, settings.database_patience)
        return cls(database, passwords or Passwords(), rules)

    def recall(self, username: str) -> Credentials | None:
        """What ``credentials`` would give, where that is known without waiting; else None."""
        return self._found.recall(username)

    def credentials(self, username: str) -> Credentials | None:
        """The user and the hash of the user's password, if there is one of this name."""

        def read() -> Credentials | None:
            with self._database.read() as connection:
                user = _find(connection, username)
                return (_account(user), user["password_hash"]) if user else None

        if not USERNAME.fullmatch(username):  # nor is it worth to be remembered, at any length
            return None
        return self._found.get(username, read)

    def list(self, limit: int | None = None) -> list[Account]:
        """The users by name, at most ``limit`` of them."""
        most = None if limit is None else min(limit, MOST)
        columns = (users.c.username, users.c.fullname, users.c.admin)
        query = select(*columns).order_by(users.c.username).limit(most)
        with self._database.read() as connection:
            return [Account(*user) for user in connection.execute(query)]

    def has_admin(self) -> bool:
        """Whether anybody could manage the users."""
        with self._database.read() as connection:
            query = select(users.c.id).where(users.c.admin).limit(1)
            return connection.scalar(query) is not None

    def get(self, username: str) -> Account:
        """One user.

        Raises:
            UserNotFound: nobody has this name.
        """
        with self._database.read() as connection:
            return _account(_existing(connection, username))

    def create(self, new: NewUser, by: Caller | None = None) -> Account:
        """Add a user.

        Raises:
            InvalidInput: the password is too short or too easily guessed.
            UserExists: the name is taken.
        """
        fields = self._fields(new)
        with self._changing(by) as changes:
            changes.create(fields)
        return _account(fields)

    def put(self, username: str, new: NewUser, by: Caller | None = None) -> tuple[Account, bool]:
        """Replace the user, or create it; the flag says whether it was created.

        Raises:
            InvalidInput: the password is too short or too easily guessed, or a new user's two
                names differ.
            UserExists: the new name is another's.
            LastAdmin: nobody else is admin, and this one would cease to be.
        """
        fields = self._fields(new)
        with self._changing(by) as changes:
            user = _find(changes.connection, username)
            if user is not None:
                return _account(changes.change(user, fields)), False
            if new.username != username:
                raise InvalidInput([Fault("username", "must be the path's, to create a user")])
            changes.create(fields)
        return _account(fields), True

    def change(self, username: str, new: UserChange, by: Caller | None = None) -> Account:
        """Change the fields that were given.

        Raises:
            UserNotFound: nobody has this name.
            InvalidInput, UserExists, LastAdmin: as for ``put``.
        """
        fields = self._fields(new, *self._names(username))
        with self._changing(by) as changes:
            return _account(changes.change(_existing(changes.connection, username), fields))

    def delete(self, username: str, by: Caller | None = None) -> None:
        """Remove a user.

        Raises:
            UserNotFound: nobody has this name.
            LastAdmin: nobody else is admin.
        """
        with self._changing(by) as changes:
            changes.delete(_existing(changes.connection, username))

    def _names(self, username: str) -> tuple[str, ...]:
        account, _ = self.credentials(username) or (None, None)
        return (account.username, account.fullname) if account else ()

    def _fields(self, new: NewUser | UserChange, *names: str) -> dict[str, Any]:
        """The columns of what was given; hashing is slow on purpose, so outside transactions."""
        fields = new.model_dump(exclude_unset=isinstance(new, UserChange), exclude={"password"})
        if "password" in new.model_fields_set:
            self._rules.check(new.password, (*names, new.username, new.fullname))
            fields["password_hash"] = self._passwords.hash(new.password)
        return fields

    @contextlib.contextmanager
    def _changing(self, by: Caller | None) -> Iterator[UserWrites]:
        check_room()
        changes: UserWrites | None = None
        try:
            with self._database.write() as connection:
                changes = UserWrites(connection, by)
                yield changes
        except IntegrityError as error:
            raise UserExists("The username is taken") from error
        except DatabaseUnavailable as error:
            if changes:
                changes.failed(error)
            raise


def _find(connection: Connection, username: str) -> Fields | None:
    if not USERNAME.fullmatch(username):  # it may not even be text that a database takes
        return None
    query = select(users).where(users.c.username == username)
    found = connection.execute(query).first()
    return found._asdict() if found else None


def _existing(connection: Connection, username: str) -> Fields:
    user = _find(connection, username)
    if user is None:
        raise UserNotFound("There is no user of this name")
    return user


def _account(user: Fields) -> Account:
    return Account(user["username"], user["fullname"], user["admin"])
