"""What SQLite has to be told to keep the promises of ``Database``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from sysmon_core.patience import Patience

PRAGMAS = ("busy_timeout=2000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

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


def tame(engine: Engine, patience: Patience, writes: str) -> None:
    """Begin transactions ourselves: the driver's own habit loses concurrent updates."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        record.info["file"] = _identity(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        milliseconds = int(patience.left() * 1000)
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        changes = connection.get_execution_options().get(writes)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if changes else "BEGIN")

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: Any) -> None:
        # Whoever writes into a file that was removed or replaced writes into nothing.
        if record.info["file"] != _identity(connection):
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


def _identity(connection: Any) -> tuple[int, int] | None:
    """Which file is at the path of the database now; None for one in memory, or if it is gone."""
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    try:
        status = Path(path).stat() if path else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status else None


def advice(error: BaseException | None) -> str | None:
    """What to do about an error of the driver, if it is a known one."""
    if "no such table" in str(error):
        return "The users' database has no tables yet: run `sysmon database upgrade`"
    return ADVICE.get(_kind(error))


def _kind(error: BaseException | None) -> str:
    """SQLITE_BUSY, also for the finer SQLITE_BUSY_SNAPSHOT."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
