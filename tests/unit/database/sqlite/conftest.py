"""What the tests of SQLite share: a database of their own."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from sysmon_core.database import Database

BUSY = 2.0  # seconds that a writer waits for the lock


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "sysmon.sqlite"


@pytest.fixture
def database(path: Path) -> Database:
    """A database with one table, which has a counter."""
    made = Database(f"sqlite:///{path}")
    with made.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER UNIQUE)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return made


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def make_garbage(path: Path) -> None:
    path.write_bytes(b"garbage, no database\n" * 100)
