from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_core.running.context import Stop
from sysmon_core.running.orphan_reaper import LAUNCHER, REAPER, OrphanReaper
from sysmon_core.running.run import Run
from tests.conftest import until
from tests.unit.conftest import AT_ONCE, LONG, alive, children, has_pid, pid_in, sh

pytestmark = pytest.mark.usefixtures("nothing_left")

# A process that runs a program for each file it is told of; the program starts another.
WORKER = f"""
import sys, threading, time
from sysmon_core.running.orphan_reaper import OrphanReaper
from sysmon_core.running.process import execute
from sysmon_core.running.context import Stop
from sysmon_core.running.run import Run

reaper = OrphanReaper()

def program(file):
    argv = ["/bin/sh", "-c", f"{LONG} & echo $! > {{file}}; wait"]
    with Stop() as stop:
        execute(argv, Run(time.monotonic() + 1000, 1, stop, reaper), {{"PATH": "/bin"}})

print("ready", flush=True)
for line in sys.stdin:
    threading.Thread(target=program, args=(line.strip(),)).start()
"""


class Worker:
    """A process that runs programs until it is killed."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", WORKER]
        self._popen = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._popen.stdout is not None
        self._popen.stdout.readline()

    def run(self, *files: Path) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write("".join(f"{file}\n" for file in files).encode())

    def reaper(self) -> int:
        files = Path(f"/proc/{self._popen.pid}/task").glob("*/children")
        pids = [pid for file in files for pid in file.read_text().split()]
        (reaper,) = (
            pid for pid in pids if b"sysmon-reaper" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        return int(reaper)

    def kill(self) -> None:
        with self._popen:
            self._popen.kill()


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.kill()


def are_running(folder: Path) -> bool:
    """Whether anything runs that names the folder, or that such a thing started."""
    names = "".join(file.read_text() for file in folder.iterdir()).split()
    if any(alive(int(name)) for name in names):
        return True
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in place.read_bytes():
                return True
    return False


def with_reaper(reaper: OrphanReaper, script: str) -> bytes:
    with Stop() as stop:
        return bytes(sh(script, Run(time.monotonic() + 20, 1000, stop, reaper)).stdout)


def test_all_that_programs_started_ends_with_a_worker_that_is_killed(
    worker: Worker, folder: Path
) -> None:
    files = [folder / "one", folder / "two"]
    worker.run(*files)
    pids = [pid_in(file) for file in files]
    assert all(map(alive, pids))
    worker.kill()
    until(lambda: not any(map(alive, pids)), AT_ONCE)


@pytest.mark.parametrize("begun", range(1, 9))
def test_when_a_worker_is_killed_programs_end_that_run_and_that_are_about_to(
    begun: int, worker: Worker, folder: Path
) -> None:
    files = [folder / str(number) for number in range(8)]
    worker.run(*files)
    until(lambda: sum(map(has_pid, files)) >= begun)
    worker.kill()
    until(lambda: not are_running(folder), AT_ONCE)


def test_a_program_is_ended_that_began_when_its_worker_was_gone(folder: Path) -> None:
    late = ["/bin/sh", "-c", f'until [ -e {folder}/go ]; do sleep 0.01; done; exec "$@"', "late"]
    with subprocess.Popen(REAPER, stdin=subprocess.PIPE) as reaper:
        assert reaper.stdin is not None
        program = subprocess.Popen(
            [*late, *LAUNCHER, *LONG.split()], stdin=reaper.stdin, start_new_session=True
        )
        reaper.stdin.close()
        (folder / "go").touch()
        assert program.wait(AT_ONCE) == -signal.SIGKILL


def test_a_reaper_stays_when_all_are_told_to_stop(worker: Worker, folder: Path) -> None:
    worker.run(folder / "one")
    pid = pid_in(folder / "one")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(worker.reaper(), number)
    worker.kill()
    until(lambda: not alive(pid), AT_ONCE)


def test_a_reaper_that_was_killed_is_replaced_and_told_what_runs(
    worker: Worker, folder: Path
) -> None:
    files = [folder / "one", folder / "two"]
    worker.run(files[0])
    pids = [pid_in(files[0])]
    first = worker.reaper()
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    worker.run(files[1])
    pids.append(pid_in(files[1]))
    worker.kill()
    until(lambda: not any(map(alive, pids)), AT_ONCE)


def test_a_program_has_nothing_to_read_and_no_way_to_the_reaper() -> None:
    script = "for fd in /proc/$$/fd/*; do readlink $fd; done; cat"
    links = with_reaper(OrphanReaper(), script).split()
    assert links[0] == b"/dev/null"
    assert len(links) == 3  # and its two outputs


def test_a_group_that_has_ended_is_let_go() -> None:
    reaper = OrphanReaper()
    with subprocess.Popen(LONG.split(), start_new_session=True) as process:
        with reaper.launching() as line:
            os.write(line, f"+ {process.pid}\n".encode())
        with reaper.track(process.pid):
            pass
        del reaper
        assert process.poll() is None
        process.kill()


def test_there_is_one_reaper_from_the_first_program_to_its_owner_s_end() -> None:
    reaper, before = OrphanReaper(), children()
    for _ in range(2):
        with_reaper(reaper, "true")
        assert len(children() - before) == 1
    del reaper
    assert children() == before


def test_a_reaper_that_is_not_needed_is_not_started() -> None:
    reaper, before = OrphanReaper(), children()
    del reaper
    assert children() == before
