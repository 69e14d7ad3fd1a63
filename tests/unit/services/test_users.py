"""What a user may be named and have, and that an admin always remains."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sysmon_core import migrations
from sysmon_core.db import Database
from sysmon_core.errors import InvalidInput, LastAdmin, UserExists, UserNotFound
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_params import NewUser, UserChange
from sysmon_core.services.users import Account, Users
from tests.conftest import owner_of

WHOLE = {"username": "ann", "password": "p", "fullname": "F"}


def new(**fields: Any) -> NewUser:
    return NewUser.model_validate(WHOLE | fields)


def faults(**fields: Any) -> dict[str, str]:
    """What is told of each field of a user, the same for a new one and for a change."""
    told = []
    for model, sent in ((NewUser, WHOLE | fields), (UserChange, fields)):
        with pytest.raises(ValidationError) as caught:
            model.model_validate(sent)
        errors = caught.value.errors()
        told.append({str(e["loc"][0]): e["msg"].removeprefix("Value error, ") for e in errors})
    assert told[0] == told[1]
    return told[0]


FIRST = string.ascii_letters + string.digits
LATER = FIRST + "._@-"


@given(st.sampled_from(FIRST), st.text(LATER, max_size=63))
def test_a_name_is_of_letters_digits_and_a_few_signs(first: str, later: str) -> None:
    assert new(username=first + later).username == first + later


@given(st.text(max_size=3) | st.text(LATER, min_size=60, max_size=70))
def test_any_other_name_is_refused(name: str) -> None:
    fits = 1 <= len(name) <= 64 and name[0] in FIRST and set(name) <= set(LATER)
    if not fits:
        told = "must be 1 to 64 of ASCII letters, digits and . _ @ -, a letter or digit first"
        assert faults(username=name) == {"username": told}


@pytest.mark.parametrize(
    "name", ["ann\n", "\nann", " ann", "ünn", "a/b", "a b", "-a", ".", "a\0", ""]
)
def test_a_name_that_only_seems_to_fit_is_refused(name: str) -> None:
    assert faults(username=name).keys() == {"username"}


@pytest.mark.parametrize("field", ["password", "fullname"])
def test_a_text_is_anything_that_a_database_takes(field: str) -> None:
    for text in ("a", " ", "\n", "\x01\x7f", "ü\u0301\U0001f511", "\ud7ff\ue000\uffff", "x" * 9999):
        assert getattr(new(**{field: text}), field) == text
    told = "must not contain NUL or half a surrogate pair"
    for text in ("\0", "a\0b", "\ud800", "a\udfff", "\udbff\udc00"):
        assert faults(**{field: text}) == {field: told}
    assert faults(**{field: ""}) == {field: "must not be empty"}


@pytest.mark.parametrize("field", ["username", "password", "fullname"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, b"ann", ["ann"], {"a": 1}])
def test_a_text_is_a_text(field: str, value: object) -> None:
    assert faults(**{field: value}).keys() == {field}


@pytest.mark.parametrize("value", [None, 0, 1, "true", "1", "", []])
def test_a_flag_is_true_or_false(value: object) -> None:
    assert faults(admin=value).keys() == {"admin"}
    assert new(admin=True).admin is True
    assert new().admin is False


@pytest.fixture
def database(folder: Path) -> Database:
    made = Database(f"sqlite:///{folder}/users.sqlite")
    migrations.upgrade(made)
    return made


@pytest.fixture
def users(database: Database) -> Users:
    """Two admins, root and amy, and bob, who is none; a password has two characters at least."""
    made = Users(database, Passwords(time_cost=1, memory_cost=8), PasswordRules(2))
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


def test_without_an_admin_there_is_none(database: Database) -> None:
    users = Users(database, Passwords(time_cost=1, memory_cost=8), PasswordRules())
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
