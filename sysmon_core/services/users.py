"""The users: who they are, what they may be named, and that an admin always remains."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, Strict, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sysmon_core.db import Database
from sysmon_core.errors import Fault, InvalidInput, LastAdmin, UserExists, UserNotFound
from sysmon_core.metric import Params
from sysmon_core.models import User
from sysmon_core.services.passwords import Passwords

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

MOST = 2**31  # databases know no larger number


def _username(value: str) -> str:
    if not USERNAME.fullmatch(value):
        raise ValueError(
            "must be 1 to 64 of ASCII letters, digits and . _ @ -, a letter or digit first"
        )
    return value


def _text(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("must not contain NUL or half a surrogate pair")
    return value


def _no_defaults(schema: dict[str, Any]) -> None:
    """A field that is left out stays as it is; to tell a default would be wrong."""
    for field in schema["properties"].values():
        del field["default"]


# The schemas say to readers of the API what the functions hold to.
Username = Annotated[
    str,
    Strict(),
    AfterValidator(_username),
    WithJsonSchema({"type": "string", "pattern": f"^{USERNAME.pattern}$"}),
]
Text = Annotated[
    str,
    Strict(),
    AfterValidator(_text),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"^[^\u0000]*$"}),
]
Password = Annotated[Text, Field(json_schema_extra={"format": "password", "writeOnly": True})]
Flag = Annotated[bool, Strict(), Field(description="Whether the user may manage users")]


class NewUser(Params):
    """A whole user, as sent to create or replace one."""

    username: Username
    password: Password
    fullname: Text
    admin: Flag = False


class UserChange(Params):
    """Any part of a user; only the fields that were given count."""

    model_config = ConfigDict(json_schema_extra=_no_defaults)

    username: Username = ""
    password: Password = ""
    fullname: Text = ""
    admin: Flag = False


@dataclass(frozen=True)
class Account:
    """A user as shown: never the password."""

    username: str
    fullname: str
    admin: bool


class Users:
    """Reads and changes users; each call is one transaction."""

    def __init__(self, database: Database, passwords: Passwords, password_min_length: int) -> None:
        self._database = database
        self._passwords = passwords
        self._min_length = password_min_length

    def authenticate(self, username: str, password: str) -> Account | None:
        """The user of this name and password, or None."""
        with self._database.read() as session:
            user = _find(session, username)
        # Outside the transaction: hashing is slow on purpose.
        if not self._passwords.verify(user.password_hash if user else None, password):
            return None
        return _account(user) if user else None

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

    def create(self, new: NewUser) -> Account:
        """Add a user.

        Raises:
            InvalidInput: the password is too short.
            UserExists: the name is taken.
        """
        password_hash = self._hash(new.password)
        with self._changing() as session:
            user = User(username=new.username, fullname=new.fullname, admin=new.admin)
            user.password_hash = password_hash
            session.add(user)
        return _account(user)

    def put(self, username: str, new: NewUser) -> tuple[Account, bool]:
        """Replace the user, or create it; the flag says whether it was created.

        Raises:
            InvalidInput: the password is too short, or a new user's two names differ.
            UserExists: the new name is another's.
            LastAdmin: nobody else is admin, and this one would cease to be.
        """
        fields = new.model_dump(exclude={"password"}) | {"password_hash": self._hash(new.password)}
        with self._changing() as session:
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

    def change(self, username: str, change: UserChange) -> Account:
        """Change the fields that were given.

        Raises:
            UserNotFound: nobody has this name.
            InvalidInput, UserExists, LastAdmin: as for ``put``.
        """
        fields = change.model_dump(exclude_unset=True, exclude={"password"})
        if "password" in change.model_fields_set:
            fields["password_hash"] = self._hash(change.password)
        with self._changing() as session:
            user = _existing(session, username)
            _apply(session, user, fields)
        return _account(user)

    def delete(self, username: str) -> None:
        """Remove a user.

        Raises:
            UserNotFound: nobody has this name.
            LastAdmin: nobody else is admin.
        """
        with self._changing() as session:
            user = _existing(session, username)
            if user.admin:
                _keep_an_admin(session, user)
            session.delete(user)

    def _hash(self, password: str) -> str:
        if len(password) < self._min_length:
            fault = Fault("password", f"must have at least {self._min_length} characters")
            raise InvalidInput([fault])
        return self._passwords.hash(password)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Session]:
        try:
            with self._database.write() as session:
                yield session
                session.flush()
        except IntegrityError as error:
            raise UserExists("The username is taken") from error


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
