"""SQLite: explicit transactions, the write-ahead log, change detection, and advice on errors."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
import time
from collections.abc import Hashable
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from sysmon_core.database.deadline import Deadline

PRAGMAS = ("synchronous=FULL", "foreign_keys=ON")
WAL_RETRY_SECONDS = 0.01  # while another process switches the file to the write-ahead log

ADVICE = {  # by the error's name (https://sqlite.org/rescode.html)
    "SQLITE_BUSY": "The users' database is locked by another program: try again",
    "SQLITE_FULL": "The disk of the users' database is full: nothing was changed; make room on it",
    "SQLITE_READONLY": (
        "The users' database is read-only here: see who owns its file and its folder"
    ),
    "SQLITE_CORRUPT": "The file of the users' database is damaged: restore it from a backup",
    "SQLITE_NOTADB": "The file of the users' database is none of SQLite's: restore it",
    "SQLITE_CANTOPEN": (
        "The users' database cannot be opened: see that its folder is there and may be written"
    ),
    "SQLITE_IOERR": "The disk of the users' database cannot be read or written: see the log",
}

LACKS = re.compile(r"no (?:such )?(table|column)\b")  # not migrated

# After these errors the connection is opened again.
DISCONNECTS = ADVICE.keys() - {"SQLITE_BUSY", "SQLITE_FULL"}


def configure(engine: Engine, deadline: Deadline, writes: str) -> None:
    """Begin the engine's transactions explicitly, and bound their waits by the deadline.

    The driver would begin a transaction at its first write: another one might have committed since
    the read before it, whose update would be lost. ``writes`` is the execution option of the
    transactions that write, which take the lock of the database at their start.
    """

    @event.listens_for(engine, "do_connect")
    def _make(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
        _make_private(arguments[0])

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        # Callers take turns at the first connection: who has waited for that waits no longer here.
        remaining = deadline.remaining()
        for pragma in (f"busy_timeout={int(remaining * 1000)}", *PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")
        _enable_wal(connection, time.monotonic() + remaining)
        record.info["file_id"] = _file_id(_path(connection))

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        milliseconds = int(deadline.remaining() * 1000)
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        is_writer = connection.get_execution_options().get(writes)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: Any) -> None:
        # What is written to a file that was removed or replaced is lost.
        if record.info["file_id"] != _file_id(_path(connection)):
            raise DisconnectionError("The file of the users' database was replaced")

    @event.listens_for(engine, "handle_error")
    def _error(context: Any) -> None:
        # A file that was read-only or damaged when it was opened stays so for that connection.
        context.is_disconnect = _error_name(context.original_exception) in DISCONNECTS

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, _record: Any) -> None:
        # A COMMIT that failed leaves SQLite's transaction open on the pooled connection.
        if connection is not None and connection.in_transaction:
            connection.rollback()


def _make_private(path: str) -> None:
    """Create the file with mode 0600, whatever the umask; SQLite gives its other files that mode.

    Errors are ignored, since SQLite will report them when it opens the file. A file that is given
    as a URI is left to SQLite.
    """
    if path == ":memory:" or path.startswith("file:"):
        return
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _enable_wal(connection: Any, end: float) -> None:
    """Switch the file to the write-ahead log (https://sqlite.org/wal.html).

    If two processes switch a new file at the same time, SQLite fails one of them at once, whatever
    its busy_timeout is; that one tries again until ``end``, in monotonic seconds.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if _error_name(error) != "SQLITE_BUSY" or time.monotonic() > end:
                raise
            time.sleep(WAL_RETRY_SECONDS)
        else:
            return


class ChangeDetector:
    """Detects changes of the database by any process, for a fraction of the cost of a query.

    ``database.versioned_cache`` needs it, for version 3 of the API, which reads a user at each
    request.

    It has a connection of its own, on which SQLite's data_version differs after each commit of any
    other connection (https://sqlite.org/pragma.html#pragma_data_version). These numbers cannot be
    compared with those of another connection, so a version has the number of the connection too.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: PoolProxiedConnection | None = None
        self._connection_number = 0
        self._path = ""
        self._opened_file_id: tuple[int, int] | None = None

    def version(self) -> Hashable:
        """Return a token that differs after every change, or None if it cannot be found at once."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._current_version()
        except (sqlite3.Error, SQLAlchemyError):
            self._connection = None  # the next read of the database will report the error
            return None
        finally:
            self._lock.release()

    def open(self) -> None:
        """Open the connection, unless it is open; waits while the database is locked."""
        if self._connection is not None or not self._lock.acquire(blocking=False):
            return
        try:
            self._connection = self._open_connection()
        except (sqlite3.Error, SQLAlchemyError):
            self._connection = None  # as in ``version``
        finally:
            self._lock.release()

    def _open_connection(self) -> PoolProxiedConnection:
        pooled = self._engine.raw_connection()
        pooled.detach()  # from the pool, which must not hand it out
        connection: Any = pooled.dbapi_connection
        connection.execute("PRAGMA busy_timeout=0")  # ``version`` must not wait
        self._path = _path(connection)
        self._opened_file_id = _file_id(self._path)
        self._connection_number += 1
        return pooled

    def _current_version(self) -> Hashable:
        if self._connection is None:
            return None
        connection: Any = self._connection.dbapi_connection
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if _file_id(self._path) == self._opened_file_id is not None:
            return (self._connection_number, version)
        self._connection = None
        return None


def _path(connection: Any) -> str:
    """Return the path of the database's file; empty if the database is in memory."""
    path: str = connection.execute("PRAGMA database_list").fetchone()[2]
    return path


def _file_id(path: str) -> tuple[int, int] | None:
    """Return device and inode of the file that is at a path now, or None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - at each request; a Path takes five times as long
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def advice(error: BaseException | None) -> str | None:
    """Return the text for clients about an error of the driver, or None for an unknown error."""
    if found := LACKS.search(str(error)):
        return f"The users' database lacks a {found[1]}: run `sysmon database upgrade`"
    return ADVICE.get(_error_name(error))


def _error_name(error: BaseException | None) -> str:
    """Return the name of an error's primary code: SQLITE_BUSY for SQLITE_BUSY_SNAPSHOT too."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
