"""Users: reading and changing them, and that an admin always remains."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import make_url

from sysmon_core.database import Database, migrations
from sysmon_core.database.deadline import DEFAULT_SECONDS
from sysmon_core.errors import (
    DatabaseUnavailable,
    InvalidInput,
    LastAdmin,
    UserExists,
    UserNotFound,
)
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account, Users
from tests.conftest import MakeSettings, owner_of

WHOLE = {"username": "ann", "password": "p", "fullname": "F"}


def new(**fields: Any) -> NewUser:
    return NewUser.model_validate(WHOLE | fields)


@pytest.fixture
def users(database: Database, cheap: Passwords) -> Users:
    """Users with two admins, root and amy, and bob; a password has at least two characters."""
    made = Users(database, cheap, PasswordRules(2))
    for name in ("root", "amy", "bob"):
        made.create(new(username=name, password="pp", admin=name != "bob"))
    return made


def without_an_admin(users: Users, name: str) -> dict[str, Any]:
    """The ways in which a user can cease to be an admin."""
    return {
        "delete": lambda: users.delete(name),
        "change": lambda: users.change(name, UserChange(admin=False)),
        "put": lambda: users.put(name, new(username=name, password="pp")),
        "rename": lambda: users.change(name, UserChange(username="x", admin=False)),
    }


@pytest.mark.parametrize("way", ["delete", "change", "put", "rename"])
def test_the_last_admin_stays_one(users: Users, way: str) -> None:
    without_an_admin(users, "amy")[way]()
    before = users.list()
    with pytest.raises(LastAdmin, match=r"^This is the last admin, .* make another one first$"):
        without_an_admin(users, "root")[way]()
    assert users.list() == before
    assert users.get("root").admin
    assert users.has_admin()


@pytest.mark.parametrize("way", ["delete", "change", "put", "rename"])
def test_who_is_no_admin_may_go_and_come_at_any_time(users: Users, way: str) -> None:
    users.delete("amy")
    without_an_admin(users, "bob")[way]()
    assert [one.username for one in users.list() if one.admin] == ["root"]


def test_the_last_admin_may_change_all_else(users: Users) -> None:
    users.delete("amy")
    changed = users.change(
        "root", UserChange(username="r", fullname="R", admin=True, password="qq")
    )
    assert changed == users.get("r") == Account("r", "R", admin=True)
    assert owner_of(users, "r", "qq") == changed
    assert users.put("r", new(username="root", password="pp", admin=True)) == (
        Account("root", "F", admin=True),
        False,
    )


def test_a_list_is_by_name_and_as_long_as_is_asked_for(users: Users) -> None:
    names = ["amy", "bob", "root"]
    for limit in (None, 3, 4, 2**31, 2**63, 10**400):
        assert [one.username for one in users.list(limit)] == names
    assert [one.username for one in users.list(1)] == names[:1]
    assert [one.username for one in users.list(2)] == names[:2]


def test_without_an_admin_there_is_none(database: Database, cheap: Passwords) -> None:
    users = Users(database, cheap, PasswordRules())
    assert users.has_admin() is False
    users.create(new())
    assert users.has_admin() is False
    users.create(new(username="root", admin=True))
    assert users.has_admin() is True


def too_short(error: InvalidInput) -> bool:
    (fault,) = error.faults
    return (fault.name, fault.detail) == ("password", "must have at least 2 characters")


def test_a_password_has_as_many_characters_as_the_setting_asks_for(users: Users) -> None:
    ways: list[Callable[[], object]] = [
        lambda: users.create(new()),
        lambda: users.put("ann", new()),
        lambda: users.put("bob", new(username="bob")),
        lambda: users.change("bob", UserChange(password="p")),
    ]
    for way in ways:
        with pytest.raises(InvalidInput) as caught:
            way()
        assert too_short(caught.value)
    assert users.create(new(password="üü")).username == "ann"


def test_only_what_is_given_is_changed(users: Users) -> None:
    assert users.change("bob", UserChange()) == Account("bob", "F", admin=False)
    assert users.change("bob", UserChange(fullname="B")) == Account("bob", "B", admin=False)
    assert owner_of(users, "bob", "pp") == users.get("bob")


def test_a_name_is_one_user_s(users: Users) -> None:
    taken = re.escape("The username is taken")
    with pytest.raises(UserExists, match=f"^{taken}$"):
        users.create(new(username="bob", password="pp"))
    with pytest.raises(UserExists):
        users.change("bob", UserChange(username="amy"))
    with pytest.raises(UserExists):
        users.put("bob", new(username="amy", password="pp"))
    assert users.create(new(username="Bob", password="pp")).username == "Bob"


def test_put_adds_whom_the_path_names_and_nobody_else(users: Users) -> None:
    with pytest.raises(InvalidInput) as caught:
        users.put("eve", new(password="pp"))
    (fault,) = caught.value.faults
    assert (fault.name, fault.detail) == ("username", "must be the path's, to create a user")
    assert users.put("ann", new(password="pp")) == (Account("ann", "F", admin=False), True)
    assert users.put("ann", new(password="qq", fullname="A"))[1] is False
    assert owner_of(users, "ann", "qq") == Account("ann", "A", admin=False)


@pytest.mark.parametrize("name", ["none", "", "bob\0", "\ud800", "x" * 70, "bob\n", "Bob"])
def test_who_is_not_there_is_not_found(users: Users, name: str) -> None:
    for way in (users.get, users.delete, lambda name: users.change(name, UserChange())):
        with pytest.raises(UserNotFound, match=r"^There is no user of this name$"):
            way(name)
    assert owner_of(users, name, "pp") is None


def test_credentials_are_each_user_s_own(users: Users) -> None:
    for _ in range(2):
        found = [users.credentials(name) for name in ("amy", "bob")]
        assert [one and one[0] for one in found] == [users.get("amy"), users.get("bob")]
        assert len({one and one[1] for one in found}) == 2
        assert users.credentials("none") is None


def test_a_user_s_names_old_and_new_count_in_no_password(
    database: Database, cheap: Passwords
) -> None:
    users = Users(database, cheap, PasswordRules(4, ("word",)))
    users.create(new(username="ann", fullname="Mary Shelley", password="long enough"))
    for change in ("annann12", "shelleys", "word-ann"):
        with pytest.raises(InvalidInput):
            users.change("ann", UserChange(password=change))
    for fields in ({"username": "whale"}, {"fullname": "Old Whale"}):
        with pytest.raises(InvalidInput):
            users.change("ann", UserChange(password="Whale123", **fields))
        with pytest.raises(InvalidInput):
            users.create(new(password="Whale123", **fields))
    assert users.change("ann", UserChange(password="Whale123"))


def test_the_settings_say_where_users_are_and_what_a_password_must_be(
    make_settings: MakeSettings, cheap: Passwords
) -> None:
    config = make_settings(password_min_length=3)
    migrations.upgrade(Database(config.database))
    for passwords, name, costs in ((cheap, "ann", "m=8,t=1,p=1"), (None, "eve", "m=19456,t=2,p=1")):
        users = Users.of(config, passwords)
        with pytest.raises(InvalidInput):
            users.create(new(username=name, password="pp"))
        users.create(new(username=name, password="ppp"))
        _, password_hash = users.credentials(name) or (None, "")
        assert password_hash.split("$")[1:4] == ["argon2id", "v=19", costs]
    assert [one.username for one in Users.of(config).list()] == ["ann", "eve"]


def test_the_settings_say_how_long_a_change_waits_for_others(
    make_settings: MakeSettings, cheap: Passwords
) -> None:
    config = make_settings(database_timeout=0.1)
    migrations.upgrade(Database(config.database))
    users = Users.of(config, cheap)
    path = str(make_url(config.database).database)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            users.create(new())
        assert time.monotonic() - began < DEFAULT_SECONDS
    assert users.create(new())
