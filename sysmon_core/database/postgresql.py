"""What PostgreSQL and psycopg have to be told to keep the promises of ``Database``."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from sysmon_core.database.deadline import USUAL, Deadline
from sysmon_core.errors import ConfigurationError

T = TypeVar("T")

# The server's own time-outs, in milliseconds, for when it is slow but well: shorter than ours, for
# it knows what it waited for. A client that died must not keep its locks. The URL goes before them.
SHARES = {  # milliseconds of each second of ours
    "lock_timeout": 600,
    "statement_timeout": 800,
    "idle_in_transaction_session_timeout": 4000,
}
OPTIONS = " ".join(f"-c {name}={USUAL * share:.0f}" for name, share in SHARES.items())

# Whoever writes holds this advisory lock: one at a time, as on SQLite, migrations included.
WRITERS = 0x5953_4D4F_4E

TOO_LONG = "57014"  # and what we call it that nothing came at all
BUSY = "The users' database is locked by another program: nothing was changed; try again"
ADVICE = {
    "25006": "The users' database is read-only here: it may be a standby",
    "40001": BUSY,
    "40P01": BUSY,
    "42501": "The user of database_url may not do this in the users' database",
    "42P01": "The users' database has no tables yet: run `sysmon database upgrade`",
    "53100": "The disk of the users' database is full: nothing was changed; make room on it",
    "55P03": BUSY,
    TOO_LONG: "The users' database took too long: try again",
}


def tame(engine: Engine, patience: Deadline, writes: str) -> None:
    """Bound every wait of the engine's connections, and have its writers wait for each other."""
    if engine.driver != "psycopg" or engine.dialect.is_async:
        raise ConfigurationError("The setting database_url cannot be used: say postgresql+psycopg")
    patient = _patient(patience)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        options["options"] = f"{OPTIONS} {options.get('options', '')}"
        # A statement that was prepared before a migration would fail after it.
        return patient.connect(*args, **options, prepare_threshold=None)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if not connection.get_execution_options().get(writes):
            return
        if patience.left() > USUAL:
            _extend(connection, patience.left())
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def _extend(connection: Any, seconds: float) -> None:
    """Give this transaction of the server's time what it has of ours."""
    for name, share in SHARES.items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {seconds * share:.0f}")


def _patient(patience: Deadline) -> Any:
    """Connections that give up by our own clock: a server that hangs keeps none of its own."""
    import psycopg  # noqa: PLC0415 - an extra: not everybody has it

    class Overdue(psycopg.OperationalError):
        sqlstate = TOO_LONG

    def limited(generator: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """The same steps, but an end to them: psycopg asks for one several times a second."""
        answer = None
        while patience.left():
            try:
                wanted = generator.send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            answer = yield wanted
        raise Overdue("the server did not answer in time")

    class Patient(psycopg.Connection[Any]):
        """A connection whose every wait is one of the transaction's."""

        @classmethod
        def _connect_gen(cls, *args: Any, **options: Any) -> Any:
            return limited(super()._connect_gen(*args, **options))

        def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
            try:
                return super().wait(limited(gen), *args, **options)
            except Overdue:
                self.close()  # what was left in the middle cannot be used again
                raise

    return Patient


def advice(error: BaseException | None) -> str | None:
    """What to do about an error of the driver, if it is a known one."""
    return ADVICE.get(getattr(error, "sqlstate", None) or "")


def hangs(error: BaseException | None) -> bool:
    """Whether it is of a server that gave no answer in time."""
    return getattr(error, "sqlstate", None) == TOO_LONG
