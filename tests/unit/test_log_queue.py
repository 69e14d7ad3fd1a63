"""The handler of the ini files, with pipes whose reader keeps up, stalls, and comes back."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sysmon_core import logs
from sysmon_core.errors import AuditStalled
from sysmon_core.log_queue import DROPPED, QueuedStreamHandler, check_room
from sysmon_core.services import audit
from tests.conftest import PATIENCE, until

LINES = 100  # that a handler here has room for
MANY = 5000  # as much as a pipe takes, a batch and that room, five times
WIDE = "x" * 200

# A process with the handler, as an ini file makes it; what it does then is up to the test.
PROCESS = """
import logging, os, signal, sys, time
from multiprocessing import get_context
from sysmon_core import logs
from sysmon_core.errors import ConfigurationError
from sysmon_core.log_queue import QueuedStreamHandler

handler = QueuedStreamHandler(sys.stderr)
handler.setFormatter(logs.Json())
root = logging.getLogger()
root.addHandler(handler)
root.setLevel(logging.INFO)

def log(name, count=1000):
    for number in range(count):
        root.info("%s %d", name, number)
"""


class Reader:
    """Reads a pipe, once it is started."""

    def __init__(self) -> None:
        reads, writes = os.pipe()
        self.writer = os.fdopen(writes, "w")
        self.lines: list[dict[str, Any]] = []
        self._file = os.fdopen(reads)
        self._thread = threading.Thread(target=self._read)

    def waiting(self) -> list[bytes]:
        """The lines that are in the pipe now."""
        return os.read(self._file.fileno(), 1 << 16).splitlines()

    def _read(self) -> None:
        with self._file:
            self.lines.extend(json.loads(line) for line in self._file)

    def start(self) -> None:
        self._thread.start()

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines]

    def end(self, handler: QueuedStreamHandler) -> None:
        if self._thread.ident is None:
            self.start()
        handler.flush()
        self.writer.close()
        self._thread.join()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def handler(reader: Reader) -> Iterator[QueuedStreamHandler]:
    made = QueuedStreamHandler(reader.writer, LINES, LINES)
    made.setFormatter(logs.Json())
    yield made
    reader.end(made)


@pytest.fixture
def logger(handler: QueuedStreamHandler) -> logging.Logger:
    made = logging.Logger("some.name")  # noqa: LOG001 - it must not be found by others
    made.addHandler(handler)
    return made


@pytest.fixture
def audited(handler: QueuedStreamHandler) -> Iterator[None]:
    """The audit logger, with the handler."""
    before = audit.logger.level
    audit.logger.addHandler(handler)
    audit.logger.setLevel(logging.INFO)
    yield
    audit.logger.removeHandler(handler)
    audit.logger.setLevel(before)


def stall(logger: logging.Logger, handler: QueuedStreamHandler) -> int:
    """Log until the pipe and the queue are full; return the number of lines."""
    count = 0
    while not handler.dropped:
        count += 1
        logger.info("%d %s", count, WIDE)
        if count % LINES == 0:
            threading.Event().wait(0.001)  # the other thread's turn
    return count


def test_lines_are_written_in_the_order_in_which_they_were_logged(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    reader.start()
    for number in range(MANY):
        logger.info("%d", number)
        if number % LINES == LINES - 1:
            handler.flush()
    assert reader_has(reader, MANY) == [str(number) for number in range(MANY)]
    assert handler.dropped == 0


def reader_has(reader: Reader, count: int) -> list[str]:
    until(lambda: len(reader.lines) >= count)
    return reader.messages()


def test_a_line_tells_what_was_so_when_it_was_logged(
    logger: logging.Logger, reader: Reader
) -> None:
    changing = ["before"]
    with logs.bound(request_id="one"):
        logger.info("%s", changing)
        changing[0] = "after"
        try:
            raise ValueError("trouble")
        except ValueError:
            logger.exception("failed")
    reader.start()
    assert reader_has(reader, 2) == ["['before']", "failed"]
    assert [line["request_id"] for line in reader.lines] == ["one", "one"]
    assert "ValueError: trouble" in reader.lines[1]["exception"]


def test_a_line_that_cannot_be_made_costs_no_other(
    logger: logging.Logger, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("%d", "no number")
    logger.info("next")
    reader.start()
    assert reader_has(reader, 1) == ["next"]
    assert "no number" in capsys.readouterr().err


def test_a_reader_that_stalls_holds_nobody_up_and_hears_how_many_lines_it_missed(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    count = stall(logger, handler)
    for _ in range(MANY):
        logger.info("one more")
    dropped = handler.dropped
    assert MANY <= dropped <= MANY + LINES
    reader.start()
    until(lambda: DROPPED in reader.messages())
    (told,) = [line for line in reader.lines if line["message"] == DROPPED]
    assert (told["count"], told["level"]) == (dropped, "warning")
    assert len(reader.lines) == count + MANY - dropped + 1
    logger.info("and on")
    until(lambda: reader.messages()[-1] == "and on")
    assert handler.dropped == dropped


@pytest.mark.usefixtures("audited")
def test_no_line_of_the_audit_is_dropped_and_what_would_add_one_is_refused(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    stall(logger, handler)
    for number in range(LINES):
        check_room()
        audit.record("user.created", None, number=number)
    with pytest.raises(AuditStalled, match="standard error of sysmon"):
        check_room()
    reader.start()
    until(lambda: len(kept(reader)) == LINES)
    assert [line["number"] for line in kept(reader)] == list(range(LINES))
    handler.flush()
    check_room()


def kept(reader: Reader) -> list[dict[str, Any]]:
    return [line for line in list(reader.lines) if line["logger"] == logs.AUDIT]


@pytest.mark.usefixtures("audited")
def test_a_line_of_the_audit_is_written_when_the_call_returns(reader: Reader) -> None:
    for number in range(20):
        audit.record("user.created", None, number=number)
        (line,) = reader.waiting()
        assert json.loads(line)["number"] == number


def test_the_name_of_the_audit_is_that_of_its_module() -> None:
    assert audit.__name__ == logs.AUDIT


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("raise ConfigurationError('wrong')", 1),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(4)); os.kill(os.getpid(), 15)", 4),
        ("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT),
    ],
)
def test_nothing_is_lost_when_a_process_ends(end: str, status: int) -> None:
    done = ran(f"log('line'); {end}")
    assert done.returncode == status
    assert messages(done) == [f"line {number}" for number in range(1000)]


def ran(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROCESS + code]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)


def messages(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the messages of log lines in standard error, which may have other lines."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    return [json.loads(line)["message"] for line in lines]


def test_a_process_ends_though_nobody_reads() -> None:
    command = [sys.executable, "-c", PROCESS + "log('x' * 200, 2000)"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.wait(PATIENCE) == 0


CHILD = """
pid = os.fork()
if pid == 0:
    log('child')
    handler.flush()
    os._exit(0)
"""
MULTIPROCESSING = """
process = get_context('fork').Process(target=log, args=('child',))
process.start()
process.join()
"""


@pytest.mark.parametrize("fork", [CHILD + "os.waitpid(pid, 0)\n", MULTIPROCESSING])
@pytest.mark.parametrize("before", [0, 1000])
def test_a_process_that_is_forked_writes_its_own_lines_and_no_others(
    fork: str, before: int
) -> None:
    found = messages(ran(f"log('before', {before})\n{fork}\nlog('after')"))
    assert len(found) == before + 2000
    for name, count in (("before", before), ("child", 1000), ("after", 1000)):
        assert [one for one in found if one.startswith(name)] == [
            f"{name} {number}" for number in range(count)
        ]


def test_a_stream_that_is_no_file_takes_lines_by_its_own_way() -> None:
    """A stream like Dramatiq's, which sends each text as a packet and is no file."""
    taken: list[str] = []

    class Packets:
        def write(self, text: str) -> None:
            taken.append(text)

        def fileno(self) -> int:
            raise AssertionError("a line written there by itself would be no packet")

    stream: Any = Packets()
    handler = QueuedStreamHandler(stream)
    handler.setFormatter(logs.Json())
    handler.handle(logging.makeLogRecord({"msg": "a line"}))
    handler.flush()
    assert [json.loads(text)["message"] for text in taken] == ["a line"]
