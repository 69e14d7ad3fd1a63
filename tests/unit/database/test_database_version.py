from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest
from sqlalchemy import text

from sysmon_core.database import Database
from sysmon_core.database.versioned_cache import VersionedCache
from sysmon_core.errors import DatabaseUnavailable
from tests.support.postgresql import Cluster


@pytest.fixture
def path(folder: Path) -> Path:
    found = folder / "sysmon.sqlite"
    make(found)
    return found


def make(path: Path, number: int = 0) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counter (n INTEGER)")
        connection.execute("INSERT INTO counter VALUES (?)", [number])


def by_itself(path: Path) -> None:
    with Database(f"sqlite:///{path}").write() as connection:
        connection.execute(text("UPDATE counter SET n = n + 1"))


def by_sqlite(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE counter SET n = n + 1")


def by_another_process(path: Path) -> None:
    code = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("UPDATE counter SET n = n + 1")
"""
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def version_of(database: Database) -> Hashable:
    database.watch()
    return database.version()


def test_the_first_version_of_a_locked_database_is_none_without_a_wait(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("PRAGMA locking_mode=EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")
        assert database.version() is None
    assert version_of(database) is not None


@pytest.mark.parametrize("change", [by_itself, by_sqlite, by_another_process])
def test_a_version_is_the_same_until_anybody_changes_anything(
    path: Path, change: Callable[[Path], None]
) -> None:
    database = Database(f"sqlite:///{path}")
    seen = {version_of(database)}
    for _ in range(3):
        with database.read() as connection:
            connection.execute(text("SELECT * FROM counter"))
        before = version_of(database)
        assert before == version_of(database)
        change(path)
        assert version_of(database) not in seen | {before}
        seen.add(version_of(database))
    assert None not in seen


def test_a_change_of_its_own_is_one_too_and_one_rolled_back_is_none(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    before = version_of(database)
    with contextlib.suppress(KeyError), database.write() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
        raise KeyError
    assert version_of(database) == before
    with database.write() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    assert version_of(database) != before


def test_another_file_in_its_place_is_another_version(path: Path, folder: Path) -> None:
    database = Database(f"sqlite:///{path}")
    before = version_of(database)
    make(folder / "other.sqlite", 1)
    (folder / "other.sqlite").rename(path)
    assert database.version() is None, "what is there has to be opened first"
    assert version_of(database) not in {None, before}
    path.unlink()
    assert version_of(database) is None


def test_a_change_while_the_database_is_unavailable_is_another_version(
    path: Path, folder: Path
) -> None:
    database = Database(f"sqlite:///{path}")
    seen = {version_of(database)}
    for _ in range(3):
        moved = path.rename(folder / "moved.sqlite")
        assert database.version() is None
        by_sqlite(moved)
        moved.rename(path)  # the very same file
        assert version_of(database) not in seen | {None}
        seen.add(version_of(database))


def test_where_it_cannot_be_told_it_is_none(folder: Path, postgresql: Cluster) -> None:
    assert version_of(Database(f"sqlite:///{folder}/none/x.sqlite")) is None
    (folder / "garbage.sqlite").write_bytes(b"garbage" * 1000)
    assert version_of(Database(f"sqlite:///{folder}/garbage.sqlite")) is None
    with postgresql.database() as url:
        assert version_of(Database(url)) is None


def read_by(database: Database, numbers: list[int]) -> Callable[[], int]:
    def read() -> int:
        with database.read() as connection:
            numbers.append(int(connection.execute(text("SELECT n FROM counter")).scalar_one()))
        return numbers[-1]

    return read


def test_what_is_unchanged_is_read_once(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    unchanged: VersionedCache[int] = VersionedCache(database)
    reads: list[int] = []
    assert unchanged.get_cached("key") is None
    for expected in (0, 0, 0, 0):
        assert unchanged.get("key", read_by(database, reads)) == expected
    assert unchanged.get_cached("key") == 0
    by_sqlite(path)
    assert unchanged.get_cached("key") is None
    for expected in (1, 1):
        assert unchanged.get("key", read_by(database, reads)) == expected
    assert reads == [0, 0, 1], "the first shows that the database answers"
    assert unchanged.get_cached("key") == 1


def test_without_versions_all_is_read(postgresql: Cluster) -> None:
    with postgresql.database() as url:
        database, numbers = Database(url), iter(range(3))
        unchanged: VersionedCache[int] = VersionedCache(database)
        assert [unchanged.get("key", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_what_cannot_be_read_is_not_remembered(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    unchanged: VersionedCache[int] = VersionedCache(database)

    def fail() -> int:
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        unchanged.get("key", fail)
    assert unchanged.get("key", lambda: 1) == 1


def test_a_change_is_seen_by_every_later_request(path: Path) -> None:
    """A reader never sees a smaller number than before, while a writer counts."""
    database = Database(f"sqlite:///{path}")
    unchanged: VersionedCache[int] = VersionedCache(database)
    written, ended = [0], threading.Event()

    def count() -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for number in range(1, 200):
                connection.execute("UPDATE counter SET n = ?", [number])
                written[0] = number
        ended.set()

    thread = threading.Thread(target=count)
    thread.start()
    try:
        while not ended.is_set():
            at_least = written[0]
            assert unchanged.get("key", read_by(database, [])) >= at_least
    finally:
        thread.join()
    assert unchanged.get("key", read_by(database, [])) == 199
