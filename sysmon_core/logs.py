"""Formatters of log lines, named in the ini files: text for people, or a JSON object each.

A line has the id of the request or task that it belongs to. No line has a secret: fields whose name
suggests one are left out, and tracebacks show no values.
"""

from __future__ import annotations

import json
import logging
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

from sysmon_core.printable import printable

SECRET_NAME = re.compile("pass|secret|token|authorization|cookie|dsn|url", re.IGNORECASE)
# Attributes that logging or we ourselves give to a LogRecord; all others come from ``extra``.
STANDARD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName", "bound"}
AUDIT = "sysmon_core.services.audit"  # the name of the audit logger

BOUND: ContextVar[Mapping[str, str]] = ContextVar("sysmon_bound", default={})  # noqa: B039 - never changed


def ignore_rotation() -> None:
    """Ignore USR1 and USR2, which scripts that rotate logs send, and which would end the process.

    Child processes inherit that, and so does the program that takes the place of this one.
    """
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Add these fields to each line that this thread logs in the context."""
    token = BOUND.set({**BOUND.get(), **values})
    try:
        yield
    finally:
        BOUND.reset(token)


class _Formatter(logging.Formatter):
    """Base of both formatters; ``logging.config`` passes arguments that neither uses."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def formatTime(self, record: logging.LogRecord, _datefmt: str | None = None) -> str:  # noqa: N802 - as logging has it
        """Format a record's time in UTC, by RFC 3339."""
        when = datetime.fromtimestamp(record.created, UTC)
        return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Json(_Formatter):
    """Formats a record as one line with a JSON object, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        line = {
            "timestamp": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_details(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, default=repr)


class Readable(_Formatter):
    """Formats a record as a line for people, with any traceback after it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging has it
        """Format a record's line."""
        details = [f"{name}={printable(str(value))}" for name, value in _details(record).items()]
        head = f"{self.formatTime(record)} [{record.levelname.lower()}] {printable(record.message)}"
        return " ".join([head, f"[{record.name}]", *details])


def _details(record: logging.LogRecord) -> dict[str, Any]:
    """Collect a record's fields: those that are bound and those of ``extra``, without secrets."""
    attributes = vars(record).items()
    extra = {name: value for name, value in attributes if name not in STANDARD_ATTRIBUTES}
    fields = {**getattr(record, "bound", BOUND.get()), **extra}
    return {name: value for name, value in fields.items() if not SECRET_NAME.search(name)}


@contextmanager
def to_syslog(logger: logging.Logger, socket: str) -> Iterator[None]:
    """Add the host's syslog to a logger in the context, if the socket of syslog exists."""
    if not Path(socket).is_socket():
        yield
        return
    handler = SysLogHandler(socket, SysLogHandler.LOG_AUTHPRIV)
    handler.ident = "sysmon: "
    handler.setFormatter(Json())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
