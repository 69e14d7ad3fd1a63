"""The handler of the ini files in a process that ends or forks."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from typing import Any

import pytest

from sysmon_core import logs
from sysmon_core.log_queue import QueuedStreamHandler
from tests.conftest import PATIENCE

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
sys.excepthook = lambda *_: None  # a traceback would be written in the middle of a line

def log(name, count=1000):
    for number in range(count):
        root.info("%s %d", name, number)
"""


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


def test_a_process_ends_although_its_log_is_not_read() -> None:
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


def test_a_stream_without_a_descriptor_gets_lines_by_its_write_method() -> None:
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
