from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sysmon_core.keeper import Keeper
from sysmon_core.run import Run, Stop
from tests.conftest import until
from tests.unit.conftest import AT_ONCE, LONG, alive, children, pid_in, sh

pytestmark = pytest.mark.usefixtures("nothing_left")

# A process that starts groups, each a shell and its child, and has them watched until it is killed.
WORKER = f"""
import subprocess, sys, threading
from sysmon_core.keeper import Keeper

kept = Keeper()

def program(place):
    script = f"{LONG} & echo $! > {{place}}; wait"
    with subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True) as popen:
        with kept.watching(popen.pid):
            open(f"{{place}}.watched", "w").close()
            popen.wait()

for place in sys.argv[1:]:
    threading.Thread(target=program, args=(place,)).start()
"""


NOBODY = 2**22 + 1  # Linux has no process of such a number


def group_of(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True)


def test_all_that_programs_started_ends_with_a_worker_that_is_killed(folder: Path) -> None:
    files = [folder / "one", folder / "two"]
    command = [sys.executable, "-c", WORKER, *map(str, files)]
    with subprocess.Popen(command) as worker:
        until(lambda: all(Path(f"{file}.watched").exists() for file in files))
        pids = [pid_in(file) for file in files]
        assert all(map(alive, pids))
        worker.kill()
    until(lambda: not any(map(alive, pids)), AT_ONCE)


def test_a_program_is_watched_while_it_runs() -> None:
    keeper, before = Keeper(), children()
    with Stop() as stop:
        sh("true", Run(time.monotonic() + 20, 1, stop, keeper))
    assert len(children() - before) == 1
    keeper.close()


def test_a_group_that_was_let_go_is_left_alone() -> None:
    keeper = Keeper()
    with group_of(f"exec {LONG}") as process:
        with keeper.watching(process.pid):
            pass
        keeper.close()
        assert process.poll() is None
        process.kill()


def test_a_group_that_is_watched_is_ended_with_the_last_word() -> None:
    keeper = Keeper()
    with group_of(f"exec {LONG}") as process:
        with keeper.watching(process.pid):
            keeper.close()
            assert process.wait(AT_ONCE) == -signal.SIGKILL
        keeper.close()


def test_there_is_one_keeper_and_only_once_it_is_needed() -> None:
    before = children()
    keeper = Keeper()
    assert children() == before
    with keeper.watching(NOBODY), keeper.watching(NOBODY + 1):
        assert len(children() - before) == 1
    keeper.close()
    assert children() == before


def test_a_keeper_that_was_never_needed_has_nothing_to_close() -> None:
    Keeper().close()


def test_a_keeper_that_was_killed_is_replaced() -> None:
    keeper, before = Keeper(), children()
    with keeper.watching(NOBODY):
        (first,) = (int(pid) for pid in children() - before)
        os.kill(first, signal.SIGKILL)
        until(lambda: not alive(first))
    with group_of(f"exec {LONG}") as process:
        with keeper.watching(process.pid):
            keeper.close()
            assert process.wait(AT_ONCE) == -signal.SIGKILL
        keeper.close()
