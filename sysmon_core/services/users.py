"""The users: who they are, what they may be named, and that an admin always remains."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sysmon_core.db import Database
from sysmon_core.errors import (
    DatabaseUnavailable,
    Fault,
    InvalidInput,
    LastAdmin,
    UserExists,
    UserNotFound,
)
from sysmon_core.models import User
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.unchanged import Unchanged
from sysmon_core.services.user_params import USERNAME, NewUser, UserChange
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
        self._found: Unchanged[Credentials | None] = Unchanged(database)

    @classmethod
    def of(cls, settings: Settings, passwords: Passwords | None = None) -> Self:
        """The users that the settings name."""
        rules = PasswordRules.of(settings)
        database = Database(settings.database, settings.database_patience)
        return cls(database, passwords or Passwords(), rules)

    def at_hand(self, username: str) -> Credentials | None:
        """What ``credentials`` would give, if that is known without reading the database."""
        return self._found.peek(username)

    def credentials(self, username: str) -> Credentials | None:
        """The user and the hash of the user's password, if there is one of this name."""

        def read() -> Credentials | None:
            with self._database.read() as session:
                user = _find(session, username)
                return (_account(user), user.password_hash) if user else None

        return self._found.get(username, read)

    def list(self, limit: int | None = None) -> list[Account]:
        """The users by name, at most ``limit`` of them."""
        with self._database.read() as session:
            most = None if limit is None else min(limit, MOST)
            users = session.scalars(select(User).order_by(User.username).limit(most))
            return [_account(user) for user in users]

    def has_admin(self) -> bool:
        """Whether anybody could manage the users."""
        with self._database.read() as session:
            return session.scalar(select(User.id).where(User.admin).limit(1)) is not None

    def get(self, username: str) -> Account:
        """One user.

        Raises:
            UserNotFound: nobody has this name.
        """
        with self._database.read() as session:
            return _account(_existing(session, username))

    def create(self, new: NewUser, by: Caller | None = None) -> Account:
        """Add a user.

        Raises:
            InvalidInput: the password is too short or too easily guessed.
            UserExists: the name is taken.
        """
        user = User(**self._fields(new))
        with self._changing(by) as session:
            session.add(user)
        return _account(user)

    def put(self, username: str, new: NewUser, by: Caller | None = None) -> tuple[Account, bool]:
        """Replace the user, or create it; the flag says whether it was created.

        Raises:
            InvalidInput: the password is too short or too easily guessed, or a new user's two
                names differ.
            UserExists: the new name is another's.
            LastAdmin: nobody else is admin, and this one would cease to be.
        """
        fields = self._fields(new)
        with self._changing(by) as session:
            user = _find(session, username)
            created = user is None
            if user is None:
                if new.username != username:
                    raise InvalidInput([Fault("username", "must be the path's, to create a user")])
                user = User(**fields)
                session.add(user)
            else:
                _apply(session, user, fields)
        return _account(user), created

    def change(self, username: str, new: UserChange, by: Caller | None = None) -> Account:
        """Change the fields that were given.

        Raises:
            UserNotFound: nobody has this name.
            InvalidInput, UserExists, LastAdmin: as for ``put``.
        """
        fields = self._fields(new, *self._names(username))
        with self._changing(by) as session:
            user = _existing(session, username)
            _apply(session, user, fields)
        return _account(user)

    def delete(self, username: str, by: Caller | None = None) -> None:
        """Remove a user.

        Raises:
            UserNotFound: nobody has this name.
            LastAdmin: nobody else is admin.
        """
        with self._changing(by) as session:
            user = _existing(session, username)
            if user.admin:
                _keep_an_admin(session, user)
            session.delete(user)

    def _names(self, username: str) -> tuple[str, ...]:
        account, _ = self.credentials(username) or (None, None)
        return (account.username, account.fullname) if account else ()

    def _fields(self, new: NewUser | UserChange, *names: str) -> dict[str, object]:
        """The columns of what was given; hashing is slow on purpose, so outside transactions."""
        fields = new.model_dump(exclude_unset=isinstance(new, UserChange), exclude={"password"})
        if "password" in new.model_fields_set:
            self._rules.check(new.password, (*names, new.username, new.fullname))
            fields["password_hash"] = self._passwords.hash(new.password)
        return fields

    @contextlib.contextmanager
    def _changing(self, by: Caller | None) -> Iterator[Session]:
        told: list[_Line] = []
        try:
            with self._database.write() as session:
                yield session
                lines = _lines(session)
                session.flush()  # what the database refuses is not told
                for line in lines:  # before the commit: no change without its line
                    told.append(line)
                    audit.record(line.event, by, **line.details)
        except IntegrityError as error:
            raise UserExists("The username is taken") from error
        except DatabaseUnavailable as error:
            for line in told:
                audit.record(line.event, by, **line.details, failed=str(error))
            raise


@dataclass(frozen=True)
class _Line:
    """One for the audit."""

    event: str
    details: Mapping[str, object]


def _lines(session: Session) -> list[_Line]:
    """What a session is about to write."""
    changed = [one for one in session.dirty if session.is_modified(one)]  # not set to what it was
    kinds = (("created", session.new), ("changed", changed), ("deleted", session.deleted))
    return [
        _Line(f"user.{kind}", _details(user))
        for kind, users in kinds
        for user in users
        if isinstance(user, User)
    ]


def _details(user: User) -> dict[str, object]:
    """Whose line it is, which fields are written, and of these the two that others go by."""
    written = {attr.key: attr.history for attr in inspect(user).attrs if attr.history.added}
    fields = sorted(written)
    details = {"user": user.username, "admin": user.admin, "fields": fields}
    if "username" in written and written["username"].deleted:
        details["was"] = written["username"].deleted[0]
    return details


def _find(session: Session, username: str) -> User | None:
    if not USERNAME.fullmatch(username):  # it may not even be text that a database takes
        return None
    return session.scalar(select(User).where(User.username == username))


def _existing(session: Session, username: str) -> User:
    user = _find(session, username)
    if user is None:
        raise UserNotFound("There is no user of this name")
    return user


def _apply(session: Session, user: User, fields: dict[str, object]) -> None:
    if user.admin and fields.get("admin") is False:
        _keep_an_admin(session, user)
    for name, value in fields.items():
        setattr(user, name, value)


def _keep_an_admin(session: Session, leaving: User) -> None:
    """Lock the admins before they are counted: two that leave at once must not both see two."""
    admins = session.scalars(select(User.id).where(User.admin).with_for_update())
    if set(admins) <= {leaving.id}:
        raise LastAdmin("This is the last admin, and nobody could undo it: make another one first")


def _account(user: User) -> Account:
    return Account(user.username, user.fullname, user.admin)
