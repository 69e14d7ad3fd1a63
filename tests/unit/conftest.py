"""What the unit tests share besides: runs and real programs."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sysmon_core.running.child import TERM_GRACE_SECONDS
from sysmon_core.running.context import Listener, Stop
from sysmon_core.running.process import Output, execute
from sysmon_core.running.run import Run
from sysmon_core.running.sample import SampleListener
from tests.conftest import until
from tests.support.plugins import Site

AT_ONCE = 5.0  # seconds: generous, but far less than what is not stopped here would take
LONG = "sleep 1000"

MakeRun = Callable[..., Run]
StopWhen = Callable[[Callable[[], object], Run], None]


@pytest.fixture
def make_run() -> Iterator[MakeRun]:
    """Runs with room for anything unless a test says less; their stops are closed at its end."""
    with contextlib.ExitStack() as stack:

        def make(
            seconds: float = 20.0,
            output_limit: int = 1 << 20,
            listener: Listener | None = None,
            sample_listener: SampleListener | None = None,
        ) -> Run:
            stop = stack.enter_context(Stop())
            deadline = time.monotonic() + seconds
            return Run(
                deadline, output_limit, stop, listener=listener, sample_listener=sample_listener
            )

        yield make


@pytest.fixture
def stop_when(make_run: MakeRun) -> Iterator[StopWhen]:
    """Have another thread stop a run once a condition holds, for the reason "enough"."""
    threads: list[threading.Thread] = []
    over = threading.Event()

    def start(condition: Callable[[], object], run: Run) -> None:
        def wait_and_stop() -> None:
            until(lambda: over.is_set() or condition())
            run.stop.set("enough")

        threads.append(threading.Thread(target=wait_and_stop))
        threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """What a test of programs must not leave: a child, a zombie, a descriptor, a long wait."""
    before = children(), _descriptors()
    begin = time.monotonic()
    yield
    assert children() <= before[0]
    assert _descriptors() <= before[1]
    assert time.monotonic() - begin < AT_ONCE + TERM_GRACE_SECONDS


def sh(script: str, run: Run) -> Output:
    """Run a shell script as a program of a metric."""
    return execute(["/bin/sh", "-c", script], run, {"PATH": "/usr/bin:/bin"})


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def has_pid(file: Path) -> bool:
    """Whether a process has written its number, and its newline, into the file."""
    return file.exists() and file.read_text().endswith("\n")


def pid_in(file: Path) -> int:
    """The number that a process writes into the file, once it is there."""
    until(lambda: has_pid(file))
    return int(file.read_text())


def children() -> set[str]:
    """The numbers of this process's children, zombies included."""
    files = Path("/proc/self/task").glob("*/children")
    return {pid for file in files for pid in file.read_text().split()}


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder for plugins, whose modules are forgotten at the end."""
    monkeypatch.syspath_prepend(folder)
    site = Site(folder)
    yield site
    for module in site.modules:
        sys.modules.pop(module, None)
