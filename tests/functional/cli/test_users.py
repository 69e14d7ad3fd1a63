"""The commands that make the database and manage users."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sysmon_core.services.users import Account, Users
from tests.conftest import owner_of
from tests.functional.cli.conftest import SECRET, Run


def test_the_database_is_made_in_a_private_folder_and_upgraded_again(
    run: Run, folder: Path
) -> None:
    var = folder / "deep" / "var"
    for _ in range(2):
        assert run("database", "upgrade", SYSMON_VAR=str(var)).stdout.count("\n") == 1
        assert var.stat().st_mode & 0o777 == 0o700
        assert (var / "sysmon.sqlite").is_file()


def test_users_are_added_listed_and_deleted(upgraded: Run, users: Users, folder: Path) -> None:
    (folder / "password").write_text(f"{SECRET}\nnot the password\n", encoding="utf-8")
    upgraded("user", "add", "root", "--admin", "--password-file", str(folder / "password"))
    upgraded("user", "add", "bob", "--fullname", "Bób B", "--password-file", "-", stdin=SECRET)
    bob, root = Account("bob", "Bób B", admin=False), Account("root", "root", admin=True)
    assert users.list() == [bob, root]
    assert owner_of(users, "root", SECRET) == root
    assert owner_of(users, "bob", SECRET) == bob
    listed = upgraded("user", "list").stdout.splitlines()
    assert [line.split(maxsplit=2) for line in listed] == [
        ["bob", "user", "Bób B"],
        ["root", "admin", "root"],
    ]
    assert "bob" in upgraded("user", "delete", "bob").stdout
    assert users.list() == [root]


def test_a_password_is_changed(upgraded: Run, users: Users) -> None:
    upgraded("user", "add", "bob", "--password-file", "-", stdin="old")
    upgraded("user", "password", "bob", "--password-file", "-", stdin=SECRET)
    assert owner_of(users, "bob", "old") is None
    assert owner_of(users, "bob", SECRET)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nmore\n"], ids=repr)
def test_the_password_is_the_first_line_whatever_ends_it(
    upgraded: Run, users: Users, folder: Path, ending: str
) -> None:
    password = f" {SECRET} ü "
    (folder / "password").write_bytes(f"{password}{ending}".encode())
    upgraded("user", "add", "ann", "--password-file", str(folder / "password"))
    upgraded("user", "add", "bob", "--password-file", "-", stdin=f"{password}{ending}")
    assert owner_of(users, "ann", password)
    assert owner_of(users, "bob", password)


@pytest.mark.parametrize(
    "args",
    [
        ("user", "delete", "root"),
        ("user", "delete", "none"),
        ("user", "delete", "\udcff"),
        ("user", "password", "none", "--password-file", "-"),
        ("user", "password", "\udcff", "--password-file", "-"),
        ("user", "password", "root", "--password-file", "empty"),
        ("user", "password", "root", "--password-file", "latin-1"),
        ("user", "add", "root", "--password-file", "-"),
        ("user", "add", "a b", "--password-file", "-"),
        ("user", "add", "\udcff", "--password-file", "-"),
        ("user", "add", "ann", "--fullname", "\udcff", "--password-file", "-"),
        ("user", "add", "ann", "--password-file", "empty"),
        ("user", "add", "ann", "--password-file", "latin-1"),
    ],
    ids=lambda args: " ".join(args).encode("ascii", "backslashreplace").decode(),
)
def test_a_refusal_is_status_1_and_one_line_on_standard_error(
    upgraded: Run, users: Users, folder: Path, args: tuple[str, ...]
) -> None:
    upgraded("user", "add", "root", "--admin", "--password-file", "-", stdin=SECRET)
    (folder / "empty").write_text("\nsecond line\n")
    (folder / "latin-1").write_bytes("gr\xfcn\n".encode("latin-1"))
    upgraded(*args, code=1, stdin="new")
    root = Account("root", "root", admin=True)
    assert users.list() == [root]
    assert owner_of(users, "root", SECRET) == root


def test_a_password_must_be_as_long_as_the_setting_asks(upgraded: Run, users: Users) -> None:
    add = ("user", "add", "ann", "--password-file", "-")
    length = {"SYSMON_PASSWORD_MIN_LENGTH": "8"}
    assert "8" in upgraded(*add, code=1, stdin="1234567", **length).stderr
    upgraded(*add, stdin="12345678", **length)
    upgraded("user", "password", "ann", "--password-file", "-", code=1, stdin="short", **length)
    assert owner_of(users, "ann", "12345678")


def test_bootstrap_makes_an_admin_once_and_shows_the_password_once(
    upgraded: Run, users: Users
) -> None:
    upgraded("user", "add", "bob", "--password-file", "-", stdin=SECRET)
    shown = upgraded("user", "bootstrap").stdout
    found = re.search(r"User: (\S+)  Password: (\S+)", shown)
    assert found
    name, password = found.groups()
    assert owner_of(users, name, password) == Account(name, "Administrator", admin=True)
    assert shown.count(password) == 1
    assert len(password) >= 20
    before = users.list()
    assert upgraded("user", "bootstrap").output == ""
    assert users.list() == before
    assert owner_of(users, name, password)
    assert password not in upgraded("user", "list").output


def test_bootstrap_does_nothing_if_there_is_an_admin_of_any_name(
    upgraded: Run, users: Users
) -> None:
    upgraded("user", "add", "boss", "--admin", "--password-file", "-", stdin=SECRET)
    assert upgraded("user", "bootstrap").output == ""
    assert [account.username for account in users.list()] == ["boss"]


def test_every_bootstrap_makes_another_password(run: Run, folder: Path) -> None:
    shown = set()
    for name in ("one", "two"):
        place = {"SYSMON_VAR": str(folder / name)}
        run("database", "upgrade", **place)
        shown.add(run("user", "bootstrap", **place).stdout)
    assert len(shown) == 2
