"""The users' database: short, explicit transactions on SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Hashable, Iterator

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sysmon_core.circuit_breaker import CircuitBreaker
from sysmon_core.database import postgresql, sqlite
from sysmon_core.database.deadline import DEFAULT_SECONDS, Deadline
from sysmon_core.errors import ConfigurationError, DatabaseTimeout, DatabaseUnavailable

WRITES = "sysmon_writes"  # the execution option of transactions that take the lock of writers

logger = logging.getLogger(__name__)


class Database:
    """Makes transactions, each with a deadline; nothing is connected before the first one."""

    def __init__(self, url: str, seconds: float = DEFAULT_SECONDS) -> None:
        """Make an engine for the URL; all waits of a transaction take so many seconds at most.

        Raises:
            ConfigurationError: it is no URL of a database that SQLAlchemy can reach.
        """
        self._deadline = Deadline()
        self._seconds = seconds
        self._breaker = CircuitBreaker(
            DatabaseTimeout, "The users' database does not answer: try again"
        )
        self.engine = make_engine(url, self._deadline)
        self._change_detector = (
            sqlite.ChangeDetector(self.engine) if self.engine.name == "sqlite" else None
        )

    def version(self) -> Hashable:
        """Return a token that differs after every change by any process, or None if unknown.

        It is always unknown on PostgreSQL, which has no token that costs less than a query. On
        SQLite it is unknown until ``watch`` was called, and while another thread asks for it.
        """
        return self._change_detector.version() if self._change_detector else None

    def watch(self) -> None:
        """Start to detect changes for ``version``; may wait for a lock of the database.

        Call it after a read has shown that the database answers.
        """
        if self._change_detector:
            self._change_detector.open()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a transaction that only reads.

        Raises:
            DatabaseUnavailable: the database cannot answer.
        """
        with self._guarded(self._seconds), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, seconds: float | None = None) -> Iterator[Connection]:
        """Begin a transaction that is committed at the end, or rolled back by an exception.

        It takes the lock of writers at its start, so that what it reads is not stale by the time
        it writes. ``seconds`` is its deadline, by default that of all transactions.

        Raises:
            DatabaseUnavailable: the database cannot answer, or is locked for too long.
        """
        engine = self.engine.execution_options(**{WRITES: True})
        with self._guarded(seconds or self._seconds), engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _guarded(self, seconds: float) -> Iterator[None]:
        with self._breaker.guarding(), _translating_errors(), self._deadline.within(seconds):
            yield


def make_engine(url: str, deadline: Deadline) -> Engine:
    """Make an engine whose transactions begin explicitly, and wait until the deadline at most.

    Raises:
        ConfigurationError: it is no URL of a database that SQLAlchemy can reach.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(
            parsed, hide_parameters=True, pool_pre_ping=True, pool_timeout=DEFAULT_SECONDS
        )
    except ImportError as error:
        hint = "pip install 'sysmon[postgresql]'"
        raise ConfigurationError(
            f"The setting database_url cannot be used: {error}; for PostgreSQL: {hint}"
        ) from None
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(f"The setting database_url cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        sqlite.configure(engine, deadline, WRITES)
    elif engine.dialect.name == "postgresql":
        postgresql.configure(engine, deadline, WRITES)
    return engine


@contextlib.contextmanager
def _translating_errors() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseTimeout("All connections to the users' database are in use") from error
    except IntegrityError:
        raise  # by the caller's statement, and the caller knows of which constraint
    except DBAPIError as error:
        logger.warning("the users' database: %s", str(error.orig).partition("\n")[0])
        kind = DatabaseTimeout if postgresql.is_timeout(error.orig) else DatabaseUnavailable
        raise kind(_advice(error.orig)) from error


def _advice(error: BaseException | None) -> str:
    known = sqlite.advice(error) or postgresql.advice(error)
    return known or "The users' database cannot be reached"
