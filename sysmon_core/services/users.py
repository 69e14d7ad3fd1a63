"""The users: reading them, changing them, and their credentials."""

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
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.services.audit import Caller
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_fields import USERNAME, NewUser, OwnChange, UserChange
from sysmon_core.services.user_writes import Fields, UserWrites
from sysmon_core.settings import Settings

MAX_LIMIT = 2**31  # rows: more than there are users, and a LIMIT that both databases take


@dataclass(frozen=True)
class Account:
    """A user without the password, as clients see it."""

    username: str
    fullname: str
    admin: bool


Credentials = tuple[Account, str]


class Users:
    """Reads and changes users; each call is one transaction, and each change is audited.

    ``caller`` is the client that makes a change, for the audit; None is the command line.
    """

    def __init__(self, database: Database, passwords: Passwords, rules: PasswordRules) -> None:
        self._database = database
        self._passwords = passwords
        self._rules = rules
        self._credentials_cache: VersionedCache[Credentials | None] = VersionedCache(database)

    @classmethod
    def of(cls, settings: Settings, passwords: Passwords | None = None) -> Self:
        """Make the service for the database and the password rules of the settings."""
        database = Database(settings.database, settings.database_timeout)
        return cls(database, passwords or Passwords(), PasswordRules.of(settings))

    def cached_credentials(self, username: str) -> Credentials | None:
        """Return what ``credentials`` would, if it is in the cache; never wait, else None."""
        return self._credentials_cache.get_cached(username)

    def credentials(self, username: str) -> Credentials | None:
        """Return the user of this name with the hash of the password, or None."""

        def read() -> Credentials | None:
            with self._database.read() as connection:
                user = _find(connection, username)
                return (_account(user), user["password_hash"]) if user else None

        if not USERNAME.fullmatch(
            username
        ):  # no user can have such a name, and it must not fill the cache
            return None
        return self._credentials_cache.get(username, read)

    def list(self, limit: int | None = None) -> list[Account]:
        """List the users by name, at most ``limit`` of them."""
        capped = None if limit is None else min(limit, MAX_LIMIT)
        columns = (users.c.username, users.c.fullname, users.c.admin)
        query = select(*columns).order_by(users.c.username).limit(capped)
        with self._database.read() as connection:
            return [Account(*user) for user in connection.execute(query)]

    def has_admin(self) -> bool:
        """Find whether there is an admin, who could manage the users."""
        with self._database.read() as connection:
            query = select(users.c.id).where(users.c.admin).limit(1)
            return connection.scalar(query) is not None

    def get(self, username: str) -> Account:
        """Return a user.

        Raises:
            UserNotFound: no user has this name.
        """
        with self._database.read() as connection:
            return _account(_existing(connection, username))

    def create(self, new: NewUser, caller: Caller | None = None) -> Account:
        """Add a user.

        Raises:
            InvalidInput: the password is too short or too easily guessed.
            UserExists: the name is taken.
        """
        fields = self._fields(new)
        with self._writes(caller) as writes:
            writes.create(fields)
        return _account(fields)

    def put(
        self, username: str, new: NewUser, caller: Caller | None = None
    ) -> tuple[Account, bool]:
        """Replace a user, or create it; return it, and whether it was created.

        Raises:
            InvalidInput: the password is too short or too easily guessed, or a new user's two
                names differ.
            UserExists: another user has the new name.
            LastAdmin: no other user is an admin, and this one would cease to be.
        """
        fields = self._fields(new)
        with self._writes(caller) as writes:
            user = _find(writes.connection, username)
            if user is not None:
                return _account(writes.change(user, fields)), False
            if new.username != username:
                raise InvalidInput([Fault("username", "must be the path's, to create a user")])
            writes.create(fields)
        return _account(fields), True

    def change(self, username: str, new: UserChange, caller: Caller | None = None) -> Account:
        """Change the fields of a user that were given; return the user.

        Raises:
            UserNotFound: no user has this name.
            InvalidInput, UserExists, LastAdmin: as for ``put``.
        """
        fields = self._fields(new, *self._names(username))
        with self._writes(caller) as writes:
            return _account(writes.change(_existing(writes.connection, username), fields))

    def change_own(self, caller: Caller, new: OwnChange, password_hash: str | None) -> Account:
        """Change what users may change of themselves; return the user.

        ``password_hash`` is that by which the old password was verified, if it is to be changed.

        Raises:
            UserNotFound: the caller was deleted meanwhile.
            InvalidInput: the new password is too short or too easily guessed, or the old one is
                not the user's any more.
        """
        fields = self._fields(new.as_change(), *self._names(caller.user))
        with self._writes(caller) as writes:
            user = _existing(writes.connection, caller.user)
            if new.password and user["password_hash"] != password_hash:
                raise wrong_old_password()
            account = _account(writes.change(user, fields))
            if new.tokens:
                writes.revoke_tokens(user)
        return account

    def delete(self, username: str, caller: Caller | None = None) -> None:
        """Delete a user.

        Raises:
            UserNotFound: no user has this name.
            LastAdmin: no other user is an admin.
        """
        with self._writes(caller) as writes:
            writes.delete(_existing(writes.connection, username))

    def _names(self, username: str) -> tuple[str, ...]:
        account, _ = self.credentials(username) or (None, None)
        return (account.username, account.fullname) if account else ()

    def _fields(self, new: NewUser | UserChange, *names: str) -> dict[str, Any]:
        """Turn input into columns; outside of transactions, since to hash a password is slow."""
        fields = new.model_dump(exclude_unset=isinstance(new, UserChange), exclude={"password"})
        if "password" in new.model_fields_set:
            self._rules.check(new.password, (*names, new.username, new.fullname))
            fields["password_hash"] = self._passwords.hash(new.password)
        return fields

    @contextlib.contextmanager
    def _writes(self, caller: Caller | None) -> Iterator[UserWrites]:
        check_audit_queue()
        writes: UserWrites | None = None
        try:
            with self._database.write() as connection:
                writes = UserWrites(connection, caller)
                yield writes
        except IntegrityError as error:
            raise UserExists("The username is taken") from error
        except DatabaseUnavailable as error:
            if writes:
                writes.failed(error)
            raise


def wrong_old_password() -> InvalidInput:
    """Make the error of an old password that is not the user's."""
    return InvalidInput([Fault("password.old", "is not your password")])


def _find(connection: Connection, username: str) -> Fields | None:
    """Read what version 3 needs of a user, which a database of an earlier release has too."""
    if not USERNAME.fullmatch(username):  # it may be text that no database takes, such as NUL
        return None
    columns = (users.c.id, users.c.username, users.c.fullname, users.c.password_hash)
    query = select(*columns, users.c.admin).where(users.c.username == username)
    found = connection.execute(query).first()
    return found._asdict() if found else None


def _existing(connection: Connection, username: str) -> Fields:
    user = _find(connection, username)
    if user is None:
        raise UserNotFound("There is no user of this name")
    return user


def _account(user: Fields) -> Account:
    return Account(user["username"], user["fullname"], user["admin"])
