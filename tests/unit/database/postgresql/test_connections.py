"""The users' database in PostgreSQL: its options, transactions and locks."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from sysmon_core.database import Database, migrations, tables
from sysmon_core.errors import ConfigurationError, DatabaseUnavailable
from sysmon_core.services.user_fields import NewUser
from sysmon_core.services.user_writes import UserWrites
from tests.conftest import users_of
from tests.support.postgresql import Cluster
from tests.unit.database.postgresql.conftest import AT_ONCE, told


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg", "psycopg_async"])
def test_another_driver_is_a_fault_of_the_configuration(driver: str) -> None:
    with pytest.raises(ConfigurationError, match="database_url"):
        Database(f"postgresql+{driver}://ann:secret@host/name")


def test_a_url_without_a_driver_means_psycopg(url: str) -> None:
    with Database(url.replace("+psycopg", "")).read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_the_servers_own_time_outs_are_set_and_the_url_goes_before_them(
    postgresql: Cluster,
) -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")

    def shown(url: str) -> list[Any]:
        with Database(url).read() as connection:
            return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]

    assert shown(postgresql.url()) == ["1200ms", "1600ms", "8s"]
    assert shown(postgresql.url(lock_timeout="500")) == ["500ms", "1600ms", "8s"]


def test_each_trouble_has_an_answer_of_its_own(postgresql: Cluster, url: str) -> None:
    database = Database(url)
    assert "sysmon database upgrade" in told(database, "SELECT 1 FROM users", write=False)
    assert "read-only" in told(database, "SET TRANSACTION READ ONLY; CREATE TABLE x ()")
    begin = time.monotonic()
    assert "too long" in told(database, "SELECT pg_sleep(60)")
    assert time.monotonic() - begin < AT_ONCE
    for missing in (url.replace("/postgres?", "/none?"), "postgresql+psycopg://a@/b?host=/none"):
        assert "cannot be reached" in told(Database(missing), "SELECT 1")


def test_a_writer_waits_for_another_and_gives_up_in_time_while_reading_goes_on(url: str) -> None:
    one, two = Database(url), Database(url)
    with one.write() as connection:
        connection.execute(text("CREATE TABLE mine (n integer)"))
        begin = time.monotonic()
        assert "locked" in told(two, "SELECT 1")
        assert time.monotonic() - begin < AT_ONCE
        assert "lacks a table" in told(two, "SELECT * FROM mine", write=False)
    with two.write() as connection:
        connection.execute(text("INSERT INTO mine VALUES (1)"))


def test_writers_that_meet_lose_nothing(url: str) -> None:
    databases = [Database(url), Database(url)]
    with databases[0].write() as connection:
        connection.execute(text("CREATE TABLE counter AS SELECT 0 AS n"))

    def count(connection: Connection) -> int:
        return int(connection.execute(text("SELECT n FROM counter")).scalar_one())

    def add_one(number: int) -> None:
        with databases[number % 2].write() as connection:
            connection.execute(text("UPDATE counter SET n = :n"), {"n": count(connection) + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(80)))
    with databases[0].read() as connection:
        assert count(connection) == 80


def test_a_deadlock_with_another_program_is_a_503_and_rolls_back(url: str) -> None:
    """The other program does not take our lock of writers, as psql does not."""
    database = Database(url)
    with database.write() as connection:
        connection.execute(
            text("CREATE TABLE pair AS SELECT n, 0 AS v FROM generate_series(1, 2) n")
        )
    change = "UPDATE pair SET v = v + 1 WHERE n = {}"
    both_hold_one = threading.Barrier(2)

    def cross(first: int, *, ours: bool) -> str:
        try:
            with database.write() if ours else database.read() as connection:
                connection.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                connection.execute(text(change.format(first)))
                both_hold_one.wait()
                connection.execute(text(change.format(3 - first)))
                connection.commit()
        except DatabaseUnavailable as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(cross, 1, ours=True), pool.submit(cross, 2, ours=False)]
        done, refused = sorted(future.result() for future in tries)
    assert done == ""
    assert "locked" in refused
    with database.read() as connection:
        assert connection.execute(text("SELECT v FROM pair")).scalars().all() == [1, 1]


def test_a_user_removed_by_another_program_meanwhile_is_reported(
    postgresql: Cluster, schema: str, url: str
) -> None:
    database = Database(url)
    migrations.upgrade(database)
    users = users_of(database)
    users.create(NewUser(username="ann", password="p", fullname="Ann"))

    def change() -> None:
        with database.write() as connection:
            user = connection.execute(select(tables.users)).one()
            postgresql.run(f"DELETE FROM {schema}.users")
            UserWrites(connection, None).change(user._asdict(), {"fullname": "A"})

    with pytest.raises(DatabaseUnavailable, match="try again"):
        change()
    assert users.list() == []


def test_a_pool_without_free_connections_is_an_error_in_time(url: str) -> None:
    database = Database(url)
    with contextlib.ExitStack() as stack:
        for _ in range(15):
            stack.enter_context(database.engine.connect())
        begin = time.monotonic()
        assert "in use" in told(database, "SELECT 1", write=False)
        assert time.monotonic() - begin < AT_ONCE


def test_a_commit_that_fails_leaves_the_connection_fit_for_the_next(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.execute(
            text("CREATE TABLE one (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO one VALUES (1), (1)"))
    with database.write() as connection:
        assert connection.execute(text("SELECT count(*) FROM one")).scalar_one() == 0
