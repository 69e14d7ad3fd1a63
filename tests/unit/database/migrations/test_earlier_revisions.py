"""Databases of earlier releases: nothing in them is lost, and version 3 goes on as they are."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from sysmon_core.database import Database, migrations
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.services.params import parse
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_directory import UserDirectory
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account
from tests.conftest import owner_of, users_of
from tests.unit.database.migrations.conftest import alembic

ANN = Account("ann", "Ann", admin=True)
CHEAP = Passwords(time_cost=1, memory_cost=8)
REVISIONS = ("0001", "0002")


def add_ann(connection: Connection) -> None:
    row = {"username": "ann", "fullname": "Ann", "hash": CHEAP.hash("p")}
    connection.execute(
        text(
            "INSERT INTO users (username, fullname, password_hash, admin)"
            " VALUES (:username, :fullname, :hash, true)"
        ),
        row,
    )


@pytest.mark.parametrize("revision", REVISIONS)
def test_users_are_kept(database: Database, revision: str) -> None:
    alembic(database, "upgrade", revision)
    with database.write() as connection:
        add_ann(connection)
    migrations.upgrade(database)
    alembic(database, "check")
    assert owner_of(users_of(database), "ann", "p") == ANN
    (details,) = UserDirectory(database).list(10)
    assert (details.account, details.created, details.last_seen) == (ANN, None, None)


def test_tokens_are_kept_both_ways(database: Database) -> None:
    migrations.upgrade(database)
    users_of(database, CHEAP).create(NewUser(username="ann", password="p", fullname="Ann"))
    tokens = Tokens(database)
    made, secret = tokens.create("ann", parse(NewToken, {"name": "x"}.items()))
    alembic(database, "downgrade", "0002")
    assert [one.id for one in tokens.list()] == [made.id]
    assert tokens.grant(secret)
    migrations.upgrade(database)
    assert [one.id for one in tokens.list()] == [made.id]
    assert tokens.grant(secret)


@pytest.mark.parametrize("revision", REVISIONS)
def test_before_the_upgrade_users_go_on_and_what_is_new_says_what_to_do(
    database: Database, revision: str
) -> None:
    alembic(database, "upgrade", revision)
    with database.write() as connection:
        add_ann(connection)
    users = users_of(database, CHEAP)
    assert owner_of(users, "ann", "p") == ANN
    assert users.list() == [ANN]
    assert users.change("ann", UserChange(fullname="A")).fullname == "A"
    advice = r"lacks a (column|table): run `sysmon database upgrade`"
    with pytest.raises(DatabaseUnavailable, match=advice):
        users.create(NewUser(username="bob", password="p", fullname="Bob"))
    with pytest.raises(DatabaseUnavailable, match=advice):
        users.change("ann", UserChange(password="q"))
    with pytest.raises(DatabaseUnavailable, match=advice):
        UserDirectory(database).list(10)
    assert owner_of(users, "ann", "p") == Account("ann", "A", admin=True)
