"""How log lines look, which the ini files name: for people, or one JSON object each.

A line has the id of the request, or the task, that it was written for. None has a secret: what
goes by the name of one is left out, and tracebacks show no values.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

from structlog.processors import EventRenamer, JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.types import EventDict, Processor, WrappedLogger

SECRET = re.compile("pass|secret|token|authorization|cookie|dsn|url", re.IGNORECASE)


BOUND: ContextVar[Mapping[str, str]] = ContextVar("sysmon_bound", default={})  # noqa: B039 - never changed


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Have each line of this thread tell these values too, until the end of the context."""
    token = BOUND.set({**BOUND.get(), **values})
    try:
        yield
    finally:
        BOUND.reset(token)


def _with_bound(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    return {**line, **BOUND.get()}


class _Formatter(ProcessorFormatter):
    """What both have in common; it is made as ``logging.config`` makes formatters."""

    def __init__(self, *processors: Processor) -> None:
        about = (add_log_level, add_logger_name, _with_bound, ExtraAdder())
        super().__init__(
            foreign_pre_chain=[TimeStamper("iso", utc=True), *about, _without_secrets],
            processors=[ProcessorFormatter.remove_processors_meta, *processors],
        )


class Json(_Formatter):
    """A JSON object a line, for machines."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(format_exc_info, EventRenamer("message"), JSONRenderer(default=repr))


class Readable(_Formatter):
    """A line for people."""

    def __init__(self, *_: Any, **__: Any) -> None:
        from structlog.dev import ConsoleRenderer, plain_traceback  # noqa: PLC0415 - brings rich

        super().__init__(ConsoleRenderer(colors=False, exception_formatter=plain_traceback))


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


def _without_secrets(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    return {key: value for key, value in line.items() if not SECRET.search(key)}
