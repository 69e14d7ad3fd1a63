"""The users' database: short, explicit transactions on SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from sysmon_core.errors import ConfigurationError, DatabaseUnavailable

SQLITE_PRAGMAS = ("busy_timeout=2000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
WRITES = "sysmon_writes"  # the execution option that makes a SQLite transaction take the lock first


class Base(DeclarativeBase):
    """The base of the models; constraints have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        }
    )


class Database:
    """Hands out sessions; nothing is connected before the first one."""

    def __init__(self, url: str) -> None:
        """Prepare an engine for the URL.

        Raises:
            ConfigurationError: it is no URL of a database that SQLAlchemy can reach.
        """
        self.engine = make_engine(url)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads.

        Raises:
            DatabaseUnavailable: the database cannot answer.
        """
        with _translated(), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back by an exception.

        On SQLite it waits for the write lock at its start: what it reads cannot be stale by
        the time it writes.

        Raises:
            DatabaseUnavailable: the database cannot answer, or is locked for too long.
        """
        engine = self.engine.execution_options(**{WRITES: True})
        with _translated(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session


def make_engine(url: str) -> Engine:
    """An engine whose transactions begin where they say so, DDL included."""
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(f"The setting database_url cannot be used: {error}") from None
    if parsed.get_backend_name() == "sqlite":
        _tame_sqlite(engine)
    return engine


def _tame_sqlite(engine: Engine) -> None:
    """Begin transactions ourselves: the driver's own habit loses concurrent updates."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, _record: Any) -> None:
        # A COMMIT that failed leaves SQLite's transaction open on the pooled connection.
        if connection is not None and connection.in_transaction:
            connection.rollback()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable("All connections to the users' database are in use") from error
    except IntegrityError:
        raise  # a rule of the data was broken: the caller knows which
    except (DatabaseError, InterfaceError) as error:
        raise DatabaseUnavailable(_advice(error)) from error


def _advice(error: DatabaseError | InterfaceError) -> str:
    if isinstance(error, ProgrammingError) or "no such table" in str(error.orig):
        return "The users' database has no tables yet: run `sysmon database upgrade`"
    return "The users' database cannot be reached or is locked"
