"""Each change of a user has an audit line before it is committed, and nothing else has one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from sysmon_core.database import Database
from sysmon_core.errors import DatabaseUnavailable, SysmonError
from sysmon_core.services.audit import Caller
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.user_writes import UserWrites
from sysmon_core.services.users import Users
from tests.unit.services.conftest import Audit

ROOT = Caller("root", "10.0.0.1")
ALL = ["admin", "fullname", "password_hash", "username"]
Change = Callable[[Users, Caller | None], object]

# One of each kind, in an order in which all can be done.
CHANGES: dict[str, Change] = {
    "created": lambda users, by: users.create(new(), by),
    "renamed": lambda users, by: users.change("ann", UserChange(username="eve"), by),
    "replaced": lambda users, by: users.put("eve", new(username="eve", fullname="E"), by),
    "put anew": lambda users, by: users.put("bob", new(username="bob", admin=True), by),
    "deleted": lambda users, by: users.delete("eve", by),
}
LINES: dict[str, dict[str, Any]] = {
    "created": {"message": "user.created", "user": "ann", "admin": False, "fields": ALL},
    "renamed": {
        "message": "user.changed",
        "user": "eve",
        "was": "ann",
        "admin": False,
        "fields": ["username"],
    },
    "replaced": {
        "message": "user.changed",
        "user": "eve",
        "admin": False,
        "fields": ["fullname", "password_hash"],
    },
    "put anew": {"message": "user.created", "user": "bob", "admin": True, "fields": ALL},
    "deleted": {"message": "user.deleted", "user": "eve", "admin": False, "fields": []},
}


def new(**fields: Any) -> NewUser:
    return NewUser(**{"username": "ann", "password": "canary", "fullname": "Ann"} | fields)


@pytest.fixture
def users(database: Database, cheap: Passwords) -> Users:
    return Users(database, cheap, PasswordRules())


@pytest.mark.parametrize(
    ("by", "told"),
    [(ROOT, {"by": "root", "address": "10.0.0.1"}), (None, {"by": f"uid {os.getuid()}"})],
    ids=["a user", "somebody on this host"],
)
def test_each_change_has_a_line_of_what_is_written_and_by_whom(
    by: Caller | None, told: dict[str, str], users: Users, audit: Audit
) -> None:
    for change in CHANGES.values():
        change(users, by)
    assert audit() == [line | told for line in LINES.values()]
    assert "canary" not in str(audit())
    assert "argon2" not in str(audit())


GONE = {"id": 99, "username": "eve", "fullname": "Eve", "admin": False}
TO_GONE: list[Callable[[UserWrites], object]] = [
    lambda changes: changes.change(GONE, {"fullname": "E"}),
    lambda changes: changes.delete(GONE),
]


@pytest.mark.parametrize("change", TO_GONE)
def test_a_user_who_is_gone_since_is_not_changed_and_has_no_line(
    change: Callable[[UserWrites], object], users: Users, database: Database, audit: Audit
) -> None:
    users.create(new())
    with pytest.raises(DatabaseUnavailable) as caught, database.write() as connection:
        change(UserWrites(connection, None))
    assert str(caught.value) == "The user was changed meanwhile: try again"
    assert len(audit()) == 1


REFUSED: list[Callable[[Users], object]] = [
    lambda users: users.create(new()),
    lambda users: users.change("bob", UserChange(username="ann")),
    lambda users: users.put("bob", new(admin=True)),
    lambda users: users.put("eve", new()),
    lambda users: users.change("eve", UserChange(fullname="E")),
    lambda users: users.delete("eve"),
    lambda users: users.delete("bob"),
    lambda users: users.change("bob", UserChange(admin=False)),
]


def test_what_is_refused_has_no_line(users: Users, audit: Audit) -> None:
    users.create(new())
    users.create(new(username="bob", admin=True))
    before = audit()
    for change in REFUSED:
        with pytest.raises(SysmonError):
            change(users)
    assert audit() == before


def test_what_is_as_it_was_has_no_line(users: Users, audit: Audit) -> None:
    users.create(new())
    before = audit()
    for change in (UserChange(), UserChange(username="ann"), UserChange(fullname="Ann")):
        users.change("ann", change)
    assert audit() == before


def refuse(_connection: object) -> None:
    raise OperationalError("COMMIT", {}, sqlite3.OperationalError("the disk is gone"))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_cannot_be_committed_has_a_second_line_that_says_so(
    name: str, users: Users, database: Database, audit: Audit
) -> None:
    for earlier in list(CHANGES)[: list(CHANGES).index(name)]:
        CHANGES[earlier](users, ROOT)
    before, lines = users.list(), len(audit())
    event.listen(database.engine, "commit", refuse)
    with pytest.raises(DatabaseUnavailable) as caught:
        CHANGES[name](users, ROOT)
    event.remove(database.engine, "commit", refuse)
    told = LINES[name] | {"by": "root", "address": "10.0.0.1"}
    assert audit()[lines:] == [told, told | {"failed": str(caught.value)}]
    assert users.list() == before
