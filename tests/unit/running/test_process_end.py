"""How a program is stopped, and that nothing of it is left."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sysmon_core.errors import RunStopped
from tests.conftest import until
from tests.unit.conftest import AT_ONCE, LONG, MakeRun, StopWhen, alive, has_pid, pid_in, sh

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_stop_from_another_thread_ends_the_run_with_its_reason(
    folder: Path, make_run: MakeRun, stop_when: StopWhen
) -> None:
    run, file = make_run(), folder / "pid"
    stop_when(lambda: has_pid(file), run)
    with pytest.raises(RunStopped, match=r"^enough$"):
        sh(f"echo $$ > {file}; exec {LONG}", run)
    assert not alive(pid_in(file))


@pytest.mark.parametrize("script", [LONG, "yes", "yes >&2"])
def test_a_stop_that_came_before_the_start_is_obeyed_too(script: str, make_run: MakeRun) -> None:
    run = make_run(output_limit=1 << 40)
    run.stop.set("enough")
    with pytest.raises(RunStopped, match=r"^enough$"):
        sh(script, run)


def test_a_program_that_ignores_term_is_gone_after_the_grace(
    folder: Path, make_run: MakeRun, stop_when: StopWhen
) -> None:
    run, file = make_run(), folder / "pid"
    stop_when(lambda: has_pid(file), run)
    with pytest.raises(RunStopped):
        sh(f"trap '' TERM; echo $$ > {file}; while :; do sleep 0.1; done", run)
    assert not alive(pid_in(file))


def test_a_program_that_heeds_term_has_time_to_tidy_up(
    folder: Path, make_run: MakeRun, stop_when: StopWhen
) -> None:
    run, file = make_run(), folder / "pid"
    stop_when(lambda: has_pid(file), run)
    tidy = f"sleep 0.1; touch {folder}/tidy; exit"
    with pytest.raises(RunStopped):
        sh(f"trap '{tidy}' TERM; echo $$ > {file}; while :; do sleep 0.01; done", run)
    assert (folder / "tidy").exists()


GRANDCHILDREN = [
    pytest.param(LONG, id="plain"),
    pytest.param(f"sh -c 'trap \"\" TERM HUP; {LONG}; :'", id="deaf"),
    pytest.param(f"{LONG} > /dev/null 2>&1", id="quiet"),
]


@pytest.mark.parametrize("grandchild", GRANDCHILDREN)
def test_no_process_of_the_group_outlives_a_stop(
    grandchild: str, folder: Path, make_run: MakeRun, stop_when: StopWhen
) -> None:
    run, file = make_run(), folder / "pid"
    stop_when(lambda: has_pid(file), run)
    with pytest.raises(RunStopped):
        sh(f"{grandchild} & echo $! > {file}; wait", run)
    until(lambda: not alive(pid_in(file)), AT_ONCE)


@pytest.mark.parametrize("grandchild", GRANDCHILDREN)
def test_processes_that_outlive_the_program_are_killed_and_delay_nothing(
    grandchild: str, folder: Path, make_run: MakeRun
) -> None:
    file = folder / "pid"
    output = sh(f"{grandchild} & echo $! > {file}; echo out", make_run())
    assert bytes(output.stdout) == b"out\n"
    until(lambda: not alive(pid_in(file)), AT_ONCE)


@pytest.mark.parametrize("holding", [LONG, "yes >&2"])
def test_a_process_that_left_the_group_with_the_pipe_delays_nothing(
    holding: str, folder: Path, make_run: MakeRun
) -> None:
    file = folder / "pid"
    escape = shlex.quote(f"echo $$ > {file}; exec {holding}")
    try:
        sh(f"setsid sh -c {escape} & while [ ! -s {file} ]; do :; done", make_run())
    finally:
        os.kill(pid_in(file), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_program_does_not_outlive_our_process(number: signal.Signals, folder: Path) -> None:
    code = f"""
import signal, time
from sysmon_core.running.context import Stop
from sysmon_core.running.run import Run
from sysmon_core.running.process import execute
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in background
with Stop() as stop:
    argv = ["/bin/sh", "-c", "echo $$ > {folder}/pid; exec {LONG}"]
    execute(argv, Run(time.monotonic() + 1000, 1, stop), {{"PATH": "/bin"}})
"""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as parent:
        try:
            pid = pid_in(folder / "pid")
            assert alive(pid)
            parent.send_signal(number)
            until(lambda: not alive(pid), AT_ONCE)
        finally:
            parent.kill()
