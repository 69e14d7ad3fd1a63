"""The users' database in SQLite: its file, connections, transactions and locks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from sysmon_core.database import Database
from sysmon_core.errors import ConfigurationError, DatabaseUnavailable
from tests.conftest import PATIENCE
from tests.unit.database.sqlite.conftest import BUSY, locked, make_garbage


def count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT max(n) FROM counter")).scalar_one())


def add_one(connection: Connection) -> None:
    """Read the counter, then write the next number."""
    connection.execute(text("UPDATE counter SET n = :n"), {"n": count(connection) + 1})


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Set a umask of 0: a new file may be read and written by all, unless its mode is given."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_new_database_is_its_owners_alone_whatever_the_umask(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER UNIQUE)"))
        found = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    names = ("sysmon.sqlite", "sysmon.sqlite-shm", "sysmon.sqlite-wal")
    assert found == dict.fromkeys(names, 0o600)


@pytest.mark.usefixtures("open_umask")
def test_the_mode_of_a_database_that_is_there_is_left_as_it_is(path: Path) -> None:
    path.touch(0o640)
    with Database(f"sqlite:///{path}").write():
        assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_can_be_opened_by_many_at_once(folder: Path) -> None:
    together = Barrier(4, timeout=PATIENCE)

    def touch(number: int) -> None:
        together.wait()
        with Database(f"sqlite:///{folder}/{number}.sqlite").write() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS counter (n INTEGER)"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(touch, [number for number in range(60) for _ in range(4)]))


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite", "nonsense://ann:secret@host/name", "sqlite+none://"]
)
def test_a_url_of_no_database_is_a_fault_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database_url") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_nothing_is_connected_before_the_first_session(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    assert not path.exists()
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    assert path.exists()


def test_every_connection_to_sqlite_is_safe_and_patient(database: Database) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with database.read() as one, database.read() as two:
        for connection in (one, two):
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
            assert found == wanted
            assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() > 0


def test_what_is_written_is_committed_at_the_end_and_not_before(database: Database) -> None:
    with database.write() as connection:
        add_one(connection)
        with database.read() as other:
            assert count(other) == 0
    with database.read() as other:
        assert count(other) == 1


def test_an_exception_rolls_back_and_comes_through_as_it_is(database: Database) -> None:
    def fail(error: type[BaseException]) -> None:
        with database.write() as connection:
            add_one(connection)
            if error is IntegrityError:
                connection.execute(text("INSERT INTO counter VALUES (1)"))
            raise error

    for error in (KeyError, IntegrityError, KeyboardInterrupt):
        with pytest.raises(error):
            fail(error)
    with database.read() as connection:
        assert count(connection) == 0


def test_a_commit_that_fails_leaves_the_connection_fit_for_the_next(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        reference = "REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED"
        connection.execute(text(f"CREATE TABLE child (parent INTEGER {reference})"))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO child VALUES (7)"))
    with database.write() as connection:
        add_one(connection)
        assert connection.execute(text("SELECT count(*) FROM child")).scalar() == 0


def test_no_update_is_lost_between_writers(path: Path, database: Database) -> None:
    databases = [database, Database(f"sqlite:///{path}")]

    def write(n: int) -> None:
        with databases[n % 2].write() as connection:
            add_one(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    with database.read() as connection:
        assert count(connection) == 80


def test_a_writer_waits_for_the_lock_and_gives_up_in_time_while_reading_goes_on(
    path: Path, database: Database
) -> None:
    with locked(path):
        start = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="locked"), database.write() as connection:
            add_one(connection)
        assert BUSY * 0.9 < time.monotonic() - start < PATIENCE
        start = time.monotonic()
        for reader in (database, Database(f"sqlite:///{path}")):
            with reader.read() as connection:
                assert count(connection) == 0
        assert time.monotonic() - start < BUSY
    with database.write() as connection:
        add_one(connection)


def test_a_database_that_cannot_be_opened_is_unavailable(folder: Path, path: Path) -> None:
    make_garbage(path)
    (folder / "folder").mkdir()
    (folder / "half").write_bytes(b"SQLite format 3\0")
    names = {"sysmon.sqlite": "none of SQLite's", "half": "none of SQLite's|damaged"}
    names |= dict.fromkeys(("folder", "none/x", "sysmon.sqlite/x"), "cannot be opened")
    for name, told in names.items():
        database = Database(f"sqlite:///{folder}/{name}")
        for use in (database.read, database.write):
            with pytest.raises(DatabaseUnavailable, match=told), use() as connection:
                connection.execute(text("SELECT 1 FROM users"))
