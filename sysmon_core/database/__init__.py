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
from sysmon_core.database.deadline import USUAL, Deadline
from sysmon_core.errors import ConfigurationError, DatabaseTimeout, DatabaseUnavailable

WRITES = "sysmon_writes"  # the execution option that makes a transaction take the writers' lock

logger = logging.getLogger(__name__)


class Database:
    """Hands out transactions; nothing is connected before the first one."""

    def __init__(self, url: str, seconds: float = USUAL) -> None:
        """Prepare an engine for the URL; a transaction waits so many seconds in all.

        Raises:
            ConfigurationError: it is no URL of a database that SQLAlchemy can reach.
        """
        self._patience = Deadline()
        self._seconds = seconds
        self._breaker = CircuitBreaker(
            DatabaseTimeout, "The users' database does not answer: try again"
        )
        self.engine = make_engine(url, self._patience)
        self._witness = sqlite.ChangeDetector(self.engine) if self.engine.name == "sqlite" else None

    def version(self) -> Hashable:
        """What is the same as before only if nobody has changed the database since, or None.

        It is None, too, where that cannot be known without waiting, or not for less than reading
        what is wanted; ``watch`` has it be known from then on, where it can be at all.
        """
        return self._witness.version() if self._witness else None

    def watch(self) -> None:
        """See to it that versions are told, after a read has shown that the database answers."""
        if self._witness:
            self._witness.open()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            DatabaseUnavailable: the database cannot answer.
        """
        with self._guarded(self._seconds), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, seconds: float | None = None) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an exception.

        It waits for other writers at its start, for as long as any transaction unless told
        otherwise: what it reads cannot be stale by the time it writes.

        Raises:
            DatabaseUnavailable: the database cannot answer, or is locked for too long.
        """
        engine = self.engine.execution_options(**{WRITES: True})
        with self._guarded(seconds or self._seconds), engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _guarded(self, seconds: float) -> Iterator[None]:
        with self._breaker.guarding(), _translated(), self._patience.limited(seconds):
            yield


def make_engine(url: str, patience: Deadline) -> Engine:
    """An engine whose transactions begin where they say so, and wait no longer than they may."""
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True, pool_timeout=USUAL)
    except ImportError as error:
        hint = "pip install 'sysmon[postgresql]'"
        raise ConfigurationError(
            f"The setting database_url cannot be used: {error}; for PostgreSQL: {hint}"
        ) from None
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(f"The setting database_url cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        sqlite.tame(engine, patience, WRITES)
    elif engine.dialect.name == "postgresql":
        postgresql.tame(engine, patience, WRITES)
    return engine


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseTimeout("All connections to the users' database are in use") from error
    except IntegrityError:
        raise  # a rule of the data was broken: the caller knows which
    except DBAPIError as error:
        logger.warning("the users' database: %s", str(error.orig).partition("\n")[0])
        kind = DatabaseTimeout if postgresql.hangs(error.orig) else DatabaseUnavailable
        raise kind(_advice(error.orig)) from error


def _advice(error: BaseException | None) -> str:
    known = sqlite.advice(error) or postgresql.advice(error)
    return known or "The users' database cannot be reached"
