"""The logging handler of the ini files: a queue of lines, which a thread of its own writes.

A thread that logs puts a line into the queue and goes on. If the reader of the lines stalls, the
queue fills up and further lines are dropped and counted. Audit lines have places of their own in
the queue, and ``check_audit_queue`` is called before an operation that will be audited: no audit
line is lost, and memory is bounded.

The standard library's QueueHandler and QueueListener do not suffice: they format each line before
it is queued, do not count what a full queue drops, wait for the reader without a timeout when they
stop, and lose their thread in a fork.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import TextIOWrapper
from multiprocessing.util import Finalize
from queue import Empty, SimpleQueue
from typing import TextIO

from sysmon_core.errors import AuditStalled
from sysmon_core.logs import AUDIT, BOUND

MAX_LINES = 8192  # in the queue, some 10 MB; further lines are dropped
MAX_AUDIT_LINES = 8192  # in the queue beyond MAX_LINES
BATCH_LINES = 256  # written by one call
AUDIT_WAIT_SECONDS = 0.1  # for an audit line to be written
FLUSH_SECONDS = 3.0  # for all lines to be written, when the process ends
WRITE_RETRY_SECONDS = 0.1  # after a write that failed

# A line, or None to flush; and a function to call once it is written.
Item = tuple[logging.LogRecord | None, Callable[[], None] | None]
DROPPED = "log lines were dropped, since the reader of the log did not keep up"


class QueuedStreamHandler(logging.Handler):
    """A StreamHandler whose lines are queued; its ``args`` in an ini file are ``(sys.stderr,)``.

    Args:
        stream: the stream to write to.
        max_lines: lines in the queue before further ones are dropped.
        max_audit_lines: audit lines in the queue beyond those.
    """

    def __init__(
        self,
        stream: TextIO,
        max_lines: int = MAX_LINES,
        max_audit_lines: int = MAX_AUDIT_LINES,
    ) -> None:
        super().__init__()
        self._stream = stream
        self._max_lines, self._capacity = max_lines, max_lines + max_audit_lines
        self._reset()
        os.register_at_fork(after_in_child=partial(_reset_after_fork, weakref.ref(self)))

    def _reset(self) -> None:
        """Start with an empty queue and no thread: a forked process lacks its parent's thread."""
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._lock = threading.Lock()
        self._has_thread = False
        self._stalls = False
        self.dropped = 0  # lines in all
        self._reported = 0  # of the dropped lines

    def handle(self, record: logging.LogRecord) -> bool:
        """Filter and emit a line, without the handler's lock: the queue needs none."""
        passed = bool(self.filter(record))
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line, or drop and count it if the queue is full; wait for an audit line."""
        is_audit = record.name == AUDIT
        if not is_audit and self._queue.qsize() >= self._max_lines:
            with self._lock:
                self.dropped += 1
            return
        try:
            if not self._has_thread:
                self._start()
            detached = self._detach(record)
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)
            return
        if is_audit and not self._stalls:
            self._stalls = not self._put_and_wait(detached, AUDIT_WAIT_SECONDS)
        else:
            self._queue.put((detached, None))

    def is_full(self) -> bool:
        """Find whether the queue takes no more audit lines."""
        return self._queue.qsize() >= self._capacity

    def flush(self) -> None:
        """Wait until all lines so far are written, FLUSH_SECONDS at most."""
        if self._has_thread:
            self._put_and_wait(None, FLUSH_SECONDS)

    def _detach(self, record: logging.LogRecord) -> logging.LogRecord:
        """Copy a record without references to this thread's objects: another will format it."""
        detached = copy.copy(record)
        detached.msg, detached.args = record.getMessage(), None
        detached.__dict__["bound"] = BOUND.get()
        if record.exc_info:
            detached.exc_text = (self.formatter or logging.Formatter()).formatException(
                record.exc_info
            )
            detached.exc_info = None
        return detached

    def _put_and_wait(self, record: logging.LogRecord | None, seconds: float) -> bool:
        written = threading.Lock()
        written.acquire()
        self._queue.put((record, written.release))
        return written.acquire(timeout=seconds)

    def _start(self) -> None:
        """Start the thread, at the first line: a process may fork once its logging is set up."""
        with self._lock:
            if not self._has_thread:
                threading.Thread(target=self._write_all, name="log", daemon=True).start()
                # Not atexit, which processes of multiprocessing skip.
                Finalize(None, self.flush, exitpriority=0)
                self._has_thread = True

    def _write_all(self) -> None:
        while True:
            batch = [self._queue.get(), *_rest(self._queue)]
            lines = [self._line(record) for record, _ in batch if record]
            _write(self._stream, "".join(lines))
            self._stalls = False
            for _, on_written in batch:
                if on_written:
                    on_written()
            if self.dropped > self._reported and self._queue.empty():
                self._report_dropped()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record) + "\n"
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not stop the others
            self.handleError(record)
            return ""

    def _report_dropped(self) -> None:
        """Write a line with the number of lines that were dropped since the last such line."""
        count = self.dropped - self._reported
        self._reported += count
        line = {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": DROPPED,
        }
        _write(self._stream, self._line(logging.makeLogRecord({**line, "count": count})))


def _reset_after_fork(reference: weakref.ref[QueuedStreamHandler]) -> None:
    """Reset a handler if it still exists; a strong reference in a hook would keep it for ever."""
    handler = reference()
    if handler is not None:
        handler._reset()  # noqa: SLF001 - of our own class, which no other should call


def _rest(queue: SimpleQueue[Item]) -> Iterator[Item]:
    """Take further lines from the queue without waiting, up to a batch."""
    with contextlib.suppress(Empty):
        for _ in range(BATCH_LINES):
            yield queue.get_nowait()


def _write(stream: TextIO, text: str) -> None:
    """Write a text, and retry until all of it is written: a reader may come back.

    A stream that is not a file is written to once; Dramatiq's sends lines to its main process.
    """
    if not isinstance(stream, TextIOWrapper):
        with contextlib.suppress(OSError, ValueError):  # the main process has ended or closed it
            stream.write(text)
        return
    unwritten = memoryview(text.encode("utf-8", "backslashreplace"))
    while unwritten:
        try:
            unwritten = unwritten[os.write(stream.fileno(), unwritten) :]
        except (OSError, ValueError):  # ValueError: the stream is closed
            threading.Event().wait(WRITE_RETRY_SECONDS)


def _queued_handlers(loggers: Sequence[logging.Logger]) -> set[QueuedStreamHandler]:
    handlers = (handler for logger in loggers for handler in logger.handlers)
    return {handler for handler in handlers if isinstance(handler, QueuedStreamHandler)}


def check_audit_queue() -> None:
    """Check that the queue takes another audit line.

    Raises:
        AuditStalled: it does not, since the reader of the log has stalled.
    """
    names = AUDIT.split(".")
    ancestors = [logging.getLogger(".".join(names[:end])) for end in range(len(names) + 1)]
    if any(handler.is_full() for handler in _queued_handlers(ancestors)):
        raise AuditStalled(
            "The log is not read, and every change must be in it: see to the program that reads "
            "the standard error of sysmon"
        )


def dropped() -> int:
    """Count the lines that this process has dropped."""
    known = logging.getLogger().manager.loggerDict.values()
    loggers = [logger for logger in known if isinstance(logger, logging.Logger)]
    handlers = _queued_handlers([logging.getLogger(), *loggers])
    return sum(handler.dropped for handler in handlers)
