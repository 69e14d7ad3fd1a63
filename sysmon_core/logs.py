"""How log lines look, which the ini files name: for people, or one JSON object each.

A line has the id of the request, or the task, that it was written for. None has a secret: what
goes by the name of one is left out, and tracebacks show no values.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

SECRET = re.compile("pass|secret|token|authorization|cookie|dsn|url", re.IGNORECASE)
# What every record has; what it has beyond that, whoever wrote the line wanted in it.
OWN = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName", "bound"}
AUDIT = "sysmon_core.services.audit"  # the logger of the audit

BOUND: ContextVar[Mapping[str, str]] = ContextVar("sysmon_bound", default={})  # noqa: B039 - never changed


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Have each line of this thread tell these values too, until the end of the context."""
    token = BOUND.set({**BOUND.get(), **values})
    try:
        yield
    finally:
        BOUND.reset(token)


class _Formatter(logging.Formatter):
    """What both have in common; it is made as ``logging.config`` makes formatters."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def formatTime(self, record: logging.LogRecord, _datefmt: str | None = None) -> str:  # noqa: N802 - as logging has it
        """When it was, in UTC as RFC 3339 writes it."""
        when = datetime.fromtimestamp(record.created, UTC)
        return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Json(_Formatter):
    """A JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
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
    """A line for people; a traceback follows it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging has it
        """The line."""
        details = [f"{name}={_shown(str(value))}" for name, value in _details(record).items()]
        head = f"{self.formatTime(record)} [{record.levelname.lower()}] {_shown(record.message)}"
        return " ".join([head, f"[{record.name}]", *details])


def _details(record: logging.LogRecord) -> dict[str, Any]:
    """What is bound and what the line was given, but for what goes by the name of a secret."""
    given = {name: value for name, value in vars(record).items() if name not in OWN}
    found = {**getattr(record, "bound", BOUND.get()), **given}
    return {name: value for name, value in found.items() if not SECRET.search(name)}


def _shown(text: str) -> str:
    """A text on one line, and harmless to a terminal."""
    return text if text.isprintable() else ascii(text)[1:-1]


@contextmanager
def to_syslog(logger: logging.Logger, socket: str) -> Iterator[None]:
    """Have a logger write to the host's own log too, as commands do; where there is one."""
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
