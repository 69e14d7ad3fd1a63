"""What SQLite has to be told to keep the promises of ``Database``."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Hashable
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from sysmon_core.database.deadline import Deadline

PRAGMAS = ("busy_timeout=2000", "synchronous=FULL", "foreign_keys=ON")
PAUSE = 0.01  # seconds between two tries to open a file that somebody else is opening

ADVICE = {
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

REOPENED = ADVICE.keys() - {"SQLITE_BUSY", "SQLITE_FULL"}


def tame(engine: Engine, patience: Deadline, writes: str) -> None:
    """Begin transactions ourselves: the driver's own habit loses concurrent updates."""

    @event.listens_for(engine, "do_connect")
    def _make(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
        _make_private(arguments[0])

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        _log_ahead(connection, time.monotonic() + patience.left())
        record.info["file"] = _identity(_path(connection))

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        milliseconds = int(patience.left() * 1000)
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        changes = connection.get_execution_options().get(writes)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if changes else "BEGIN")

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: Any) -> None:
        # Whoever writes into a file that was removed or replaced writes into nothing.
        if record.info["file"] != _identity(_path(connection)):
            raise DisconnectionError("The file of the users' database is another one now")

    @event.listens_for(engine, "handle_error")
    def _error(context: Any) -> None:
        # A file that was opened read-only, or in pieces, stays so until it is opened again.
        context.is_disconnect = _kind(context.original_exception) in REOPENED

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, _record: Any) -> None:
        # A COMMIT that failed leaves SQLite's transaction open on the pooled connection.
        if connection is not None and connection.in_transaction:
            connection.rollback()


def _make_private(path: str) -> None:
    """Make the file for its owner alone, whatever the umask; SQLite has its others as this one is.

    What is wrong with the path SQLite itself says, and where it is a URI it makes the file.
    """
    if path == ":memory:" or path.startswith("file:"):
        return
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _log_ahead(connection: Any, end: float) -> None:
    """Switch to the write-ahead log, or see that it is so.

    Of two that do this to a new file at once, SQLite refuses one without waiting as it was told.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if _kind(error) != "SQLITE_BUSY" or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
        else:
            return


class ChangeDetector:
    """Sees whether anybody has changed the database, for a fraction of what it costs to read it.

    SQLite's data_version differs on a connection after each commit by another one, of whatever
    process (https://sqlite.org/pragma.html#pragma_data_version); this connection makes none. The
    numbers of another connection mean nothing to it, so a version says whose it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pooled: PoolProxiedConnection | None = None
        self._opened = 0  # connections so far

    def version(self) -> Hashable:
        """What is the same as before only if the database is; None if that cannot be told now."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._seen()
        except (sqlite3.Error, SQLAlchemyError):
            self._pooled = None  # whoever reads the database will say what it is
            return None
        finally:
            self._lock.release()

    def open(self) -> None:
        """Open the database, which takes as long as somebody locks it, unless it is open."""
        if self._pooled is not None or not self._lock.acquire(blocking=False):
            return
        try:
            self._pooled = self._opened_one()
        except (sqlite3.Error, SQLAlchemyError):
            self._pooled = None  # likewise
        finally:
            self._lock.release()

    def _opened_one(self) -> PoolProxiedConnection:
        pooled = self._engine.raw_connection()
        pooled.detach()  # it is for no one else
        connection: Any = pooled.dbapi_connection
        connection.execute("PRAGMA busy_timeout=0")  # it is asked again soon enough
        self._path = _path(connection)
        self._file = _identity(self._path)
        self._opened += 1
        return pooled

    def _seen(self) -> Hashable:
        if self._pooled is None:
            return None
        connection: Any = self._pooled.dbapi_connection
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if _identity(self._path) == self._file is not None:
            return (self._opened, version)
        self._pooled = None
        return None


def _path(connection: Any) -> str:
    """Where the file of the database is; empty for one in memory."""
    path: str = connection.execute("PRAGMA database_list").fetchone()[2]
    return path


def _identity(path: str) -> tuple[int, int] | None:
    """Which file is there now; None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - at each request, for a fifth of a Path's time
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def advice(error: BaseException | None) -> str | None:
    """What to do about an error of the driver, if it is a known one."""
    if "no such table" in str(error):
        return "The users' database has no tables yet: run `sysmon database upgrade`"
    return ADVICE.get(_kind(error))


def _kind(error: BaseException | None) -> str:
    """SQLITE_BUSY, also for the finer SQLITE_BUSY_SNAPSHOT."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
