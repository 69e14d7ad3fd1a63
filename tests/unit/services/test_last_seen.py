"""When users were last seen: to the hour, and no request fails by it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, select

from sysmon_core.database import Database, tables
from sysmon_core.services.last_seen import LastSeen
from sysmon_core.services.user_fields import NewUser
from tests.conftest import LogLines, until, users_of
from tests.support.clock import Clock
from tests.unit.database.sqlite.conftest import locked

HOUR = 3600
NOW = 1_000_000 * HOUR + 1234.5
THIS_HOUR = 1_000_000 * HOUR
DATABASE_SECONDS = 1.0
LOCKED = "The users' database is locked by another program: try again"
NAMES = ("ann", "bob", "eve")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def last_seen(database: Database, folder: Path, clock: Clock) -> LastSeen:
    users = users_of(database)
    for name in NAMES:
        users.create(NewUser(username=name, password="p", fullname=name))
    return LastSeen(Database(f"sqlite:///{folder}/users.sqlite", DATABASE_SECONDS), clock)


def seen(database: Database) -> dict[str, int | None]:
    with database.read() as connection:
        query = select(tables.users.c.username, tables.users.c.last_seen)
        return {row.username: row.last_seen for row in connection.execute(query)}


def test_it_is_known_to_the_hour(last_seen: LastSeen, database: Database, clock: Clock) -> None:
    assert last_seen.is_due("ann")
    last_seen.record("ann")
    assert seen(database) == {"ann": THIS_HOUR, "bob": None, "eve": None}
    assert [last_seen.is_due(name) for name in NAMES] == [False, True, True]
    clock.now = THIS_HOUR + HOUR - 1
    last_seen.record("ann")
    assert not last_seen.is_due("ann")
    clock.now += 1
    assert last_seen.is_due("ann")
    for name in ("ann", "bob", "nobody"):
        last_seen.record(name)
    assert seen(database) == {"ann": THIS_HOUR + HOUR, "bob": THIS_HOUR + HOUR, "eve": None}


def test_a_clock_that_is_set_back_does_not_stop_it(
    last_seen: LastSeen, database: Database, clock: Clock
) -> None:
    clock.now += 1000 * HOUR
    last_seen.record("ann")
    clock.now = NOW
    last_seen.record("ann")
    assert seen(database)["ann"] == THIS_HOUR


def test_a_process_writes_it_once_in_an_hour(database: Database, clock: Clock) -> None:
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    last_seen = LastSeen(database, clock)
    for _ in range(10):
        last_seen.record("ann")
        last_seen.record("bob")
    assert len(commits) == 2


def test_what_all_processes_write_changes_the_file_once_in_an_hour(
    last_seen: LastSeen, database: Database, clock: Clock
) -> None:
    """So the users' cache, which any write invalidates, is left alone."""
    last_seen.record("ann")
    database.watch()
    before = database.version()
    other = LastSeen(Database(str(database.engine.url)), clock)
    for _ in range(10):
        last_seen.record("ann")
        other.record("ann")
    assert database.version() == before is not None
    other.record("bob")
    assert database.version() != before


def test_one_request_writes_and_for_all_who_come_meanwhile(
    last_seen: LastSeen, database: Database, folder: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locked(folder / "users.sqlite"):
            first = pool.submit(last_seen.record, "ann")
            until(lambda: not last_seen.is_due("ann"))
            since = time.monotonic()
            for name in ("bob", "eve") * 100:
                last_seen.record(name)
            assert time.monotonic() - since < DATABASE_SECONDS / 2
            assert not first.done()
        first.result()
    assert set(seen(database).values()) == {THIS_HOUR}


def test_while_it_cannot_be_written_one_request_waits_and_it_is_made_up_for(
    last_seen: LastSeen, database: Database, clock: Clock, folder: Path, log_lines: LogLines
) -> None:
    with locked(folder / "users.sqlite"):
        since = time.monotonic()
        for name in NAMES * 100:
            last_seen.record(name)
        assert time.monotonic() - since < 2 * DATABASE_SECONDS
        assert not any(map(last_seen.is_due, NAMES))
    (warning,) = [one["message"] for one in log_lines() if "last seen" in one["message"]]
    assert warning == f"when users were last seen was not recorded: {LOCKED}"
    clock.now += 60
    for name in NAMES:
        last_seen.record(name)
    assert set(seen(database).values()) == {THIS_HOUR}
