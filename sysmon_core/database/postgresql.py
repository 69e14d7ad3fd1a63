"""PostgreSQL by psycopg: deadlines, the lock of writers, and advice on errors.

A server that hangs (stopped, or its disk is) keeps none of its own timeouts, and its kernel goes on
to acknowledge, so that TCP's timeouts do not end the wait either. So the client has to give up by
itself. psycopg offers no such timeout; we override two methods of its Connection through which all
waits go, and these are the only ones that we use beside its documented interface:

- ``_connect_gen`` (private): the generator of the steps of connecting;
- ``wait``: drives such a generator, for each statement, commit and rollback.

tests/unit/database/postgresql stops a server, and fails once psycopg waits elsewhere.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from sysmon_core.database.deadline import DEFAULT_SECONDS, Deadline
from sysmon_core.errors import ConfigurationError

T = TypeVar("T")

# The server's own timeouts, for when it is slow but does not hang: milliseconds for each second of
# our deadline. A lock and a statement time out before our deadline, since the server's error says
# what it waited for. A client that died must not keep its locks: its transaction ends too, but
# after the deadline of any client that lives.
TIMEOUT_SHARES = {
    "lock_timeout": 600,
    "statement_timeout": 800,
    "idle_in_transaction_session_timeout": 4000,
}
OPTIONS = " ".join(
    f"-c {name}={DEFAULT_SECONDS * share:.0f}" for name, share in TIMEOUT_SHARES.items()
)

# The advisory lock of writers: one at a time, as on SQLite, migrations included.
WRITERS_LOCK = 0x5953_4D4F_4E

QUERY_CANCELED = "57014"  # the SQLSTATE of statement_timeout; we use it for our deadline too
BUSY = "The users' database is locked by another program: nothing was changed; try again"
ADVICE = {  # by SQLSTATE (PostgreSQL's manual, appendix A)
    "25006": "The users' database is read-only here: it may be a standby",
    "40001": BUSY,
    "40P01": BUSY,
    "42501": "The user of database_url may not do this in the users' database",
    "42P01": "The users' database lacks a table: run `sysmon database upgrade`",
    "42703": "The users' database lacks a column: run `sysmon database upgrade`",
    "53100": "The disk of the users' database is full: nothing was changed; make room on it",
    "55P03": BUSY,
    QUERY_CANCELED: "The users' database took too long: try again",
}


def configure(engine: Engine, deadline: Deadline, writes: str) -> None:
    """Bound every wait of the engine's connections by the deadline, and serialize its writers.

    ``writes`` is the execution option that marks the transactions of writers.

    Raises:
        ConfigurationError: the engine's driver is not psycopg.
    """
    if engine.driver != "psycopg" or engine.dialect.is_async:
        raise ConfigurationError("The setting database_url cannot be used: say postgresql+psycopg")
    connection_class = _connection_class(deadline)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        # Of two values of an option the last counts: those of database_url override ours.
        options["options"] = f"{OPTIONS} {options.get('options', '')}"
        # A statement that was prepared before a migration would fail after it.
        return connection_class.connect(*args, **options, prepare_threshold=None)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if not connection.get_execution_options().get(writes):
            return
        if deadline.remaining() > DEFAULT_SECONDS:
            _extend_timeouts(connection, deadline.remaining())
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def _extend_timeouts(connection: Any, seconds: float) -> None:
    """Set the server's timeouts for a transaction whose deadline is later than the default."""
    for name, share in TIMEOUT_SHARES.items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {seconds * share:.0f}")


def _connection_class(deadline: Deadline) -> Any:
    """Make the class of connections whose waits end at the deadline."""
    import psycopg  # noqa: PLC0415 - an extra: not everybody has it

    class DeadlineExceeded(psycopg.OperationalError):
        sqlstate = QUERY_CANCELED

    def bounded(generator: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Take the generator's steps until the deadline; psycopg asks for several a second."""
        answer = None
        while deadline.remaining():
            try:
                wanted = generator.send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            answer = yield wanted
        raise DeadlineExceeded("the server did not answer in time")

    class DeadlineConnection(psycopg.Connection[Any]):
        """A connection that gives up at the deadline of its thread's transaction."""

        @classmethod
        def _connect_gen(cls, *args: Any, **options: Any) -> Any:
            return bounded(super()._connect_gen(*args, **options))

        def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
            try:
                return super().wait(bounded(gen), *args, **options)
            except DeadlineExceeded:
                self.close()  # in the middle of an exchange, so it cannot be used again
                raise

    return DeadlineConnection


def advice(error: BaseException | None) -> str | None:
    """Return the text for clients about an error of the driver, or None for an unknown error."""
    return ADVICE.get(getattr(error, "sqlstate", None) or "")


def is_timeout(error: BaseException | None) -> bool:
    """Find whether an error means that the server gave no answer in time."""
    return getattr(error, "sqlstate", None) == QUERY_CANCELED
