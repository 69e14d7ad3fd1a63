"""The handler that the ini files name: it writes lines in a thread of its own, in their order.

A request's thread leaves a line in a queue and goes on. Where whoever reads the lines stalls, the
queue takes so many and drops what comes after them; but lines of the audit have room besides, and
whatever would add one asks first whether there is some (``check_room``). So none of those is lost,
and memory stays bounded.

The standard library's QueueHandler and QueueListener come short of that: they format each line
before it is queued, know no bound that is counted, wait for a reader as long as it takes when they
are to stop, and are not there any more after a fork.
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

LINES = 8192  # in the queue, when others are dropped; some 10 MB
AUDIT_LINES = 8192  # of the audit, beyond those
BATCH = 256  # lines that are written at once
AUDIT_SECONDS = 0.1  # how long a line of the audit is waited for
END_SECONDS = 3.0  # how long all lines are, when the process ends
PAUSE = 0.1  # seconds between two tries to write, where the first failed

# A line, and what to call once it is written.
Item = tuple[logging.LogRecord | None, Callable[[], None] | None]
DROPPED = "lines of the log were dropped: whoever reads it did not keep up"


class Queued(logging.Handler):
    """Writes to a stream that has a descriptor; ``args = (sys.stderr,)`` as for StreamHandler."""

    def __init__(self, stream: TextIO, lines: int = LINES, audit_lines: int = AUDIT_LINES) -> None:
        super().__init__()
        self._stream = stream
        self._lines, self._room = lines, lines + audit_lines
        self._begin_anew()
        os.register_at_fork(after_in_child=partial(_begin_anew, weakref.ref(self)))

    def _begin_anew(self) -> None:
        """Have nothing queued and no thread, as it is in a process that was forked."""
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._lock = threading.Lock()
        self._writes = False  # whether there is a thread
        self._stalls = False
        self.dropped = 0  # lines, so far
        self._told = 0  # of those

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a line, without the lock of other handlers: there is nothing to hold it for."""
        taken = bool(self.filter(record))
        if taken:
            self.emit(record)
        return taken

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line, or count it where there is no room."""
        audited = record.name == AUDIT
        if not audited and self._queue.qsize() >= self._lines:
            with self._lock:
                self.dropped += 1
            return
        try:
            if not self._writes:
                self._start()
            ready = self._prepared(record)
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)
            return
        if audited and not self._stalls:
            self._stalls = not self._put_and_wait(ready, AUDIT_SECONDS)
        else:
            self._queue.put((ready, None))

    def is_full(self) -> bool:
        """Whether there is no room for a line of the audit."""
        return self._queue.qsize() >= self._room

    def flush(self) -> None:
        """Wait until all lines so far are written, for a few seconds at most."""
        if self._writes:
            self._put_and_wait(None, END_SECONDS)

    def _prepared(self, record: logging.LogRecord) -> logging.LogRecord:
        """A copy that hangs on nothing of this thread: the line is made of it in another."""
        ready = copy.copy(record)
        ready.msg, ready.args = record.getMessage(), None
        ready.__dict__["bound"] = BOUND.get()
        if record.exc_info:
            ready.exc_text = (self.formatter or logging.Formatter()).formatException(
                record.exc_info
            )
            ready.exc_info = None
        return ready

    def _put_and_wait(self, record: logging.LogRecord | None, seconds: float) -> bool:
        written = threading.Lock()
        written.acquire()
        self._queue.put((record, written.release))
        return written.acquire(timeout=seconds)

    def _start(self) -> None:
        """Start the thread, with the first line: a process may fork after it has this handler."""
        with self._lock:
            if not self._writes:
                threading.Thread(target=self._write_all, name="log", daemon=True).start()
                Finalize(None, self.flush, exitpriority=0)  # multiprocessing's know no atexit
                self._writes = True

    def _write_all(self) -> None:
        while True:
            batch = [self._queue.get(), *_rest(self._queue)]
            lines = [self._line(record) for record, _ in batch if record]
            _write(self._stream, "".join(lines))
            self._stalls = False
            for _, tell in batch:
                if tell:
                    tell()
            if self.dropped > self._told and self._queue.empty():
                self._tell()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record) + "\n"
        except Exception:  # noqa: BLE001 - one bad line is no reason to write no other
            self.handleError(record)
            return ""

    def _tell(self) -> None:
        count = self.dropped - self._told
        self._told += count
        line = {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": DROPPED,
        }
        _write(self._stream, self._line(logging.makeLogRecord({**line, "count": count})))


def _begin_anew(handler: weakref.ref[Queued]) -> None:
    found = handler()
    if found is not None:
        found._begin_anew()  # noqa: SLF001 - a hook that held the handler would hold it for ever


def _rest(queue: SimpleQueue[Item]) -> Iterator[Item]:
    """What else is there, as far as it is written at once."""
    with contextlib.suppress(Empty):
        for _ in range(BATCH):
            yield queue.get_nowait()


def _write(stream: TextIO, text: str) -> None:
    """Write it all, however long that takes: who reads may come back, a disk may get room.

    A stream that is no file has a way of its own: Dramatiq's takes lines to its main process.
    """
    if not isinstance(stream, TextIOWrapper):
        with contextlib.suppress(OSError, ValueError):  # that process is gone, or has closed it
            stream.write(text)
        return
    left = memoryview(text.encode("utf-8", "backslashreplace"))
    while left:
        try:
            left = left[os.write(stream.fileno(), left) :]
        except (OSError, ValueError):  # the latter of a stream that is closed
            threading.Event().wait(PAUSE)


def _queued(loggers: Sequence[logging.Logger]) -> set[Queued]:
    return {one for each in loggers for one in each.handlers if isinstance(one, Queued)}


def check_room() -> None:
    """See that the audit can take another line.

    Raises:
        AuditStalled: it cannot, since nobody reads what has been written.
    """
    names = AUDIT.split(".")
    chain = [logging.getLogger(".".join(names[:end])) for end in range(len(names) + 1)]
    if any(one.is_full() for one in _queued(chain)):
        raise AuditStalled(
            "The log is not read, and what changes something has to be in it: see who reads the "
            "standard error of sysmon"
        )


def dropped() -> int:
    """Lines that this process has dropped."""
    known = logging.getLogger().manager.loggerDict.values()
    loggers = [one for one in known if isinstance(one, logging.Logger)]
    return sum(one.dropped for one in _queued([logging.getLogger(), *loggers]))
