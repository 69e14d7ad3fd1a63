"""What a program gives, and how long and how much it may."""

from __future__ import annotations

import os
import re
import resource
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_core.errors import MetricFailed, MetricTimeout
from sysmon_core.running.process import STDERR_BYTES, execute
from tests.unit.conftest import LONG, MakeRun, sh

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_run_gives_output_and_status(make_run: MakeRun) -> None:
    output = sh("echo out; echo err >&2; exit 3", make_run())
    assert bytes(output.stdout) == b"out\n"
    assert bytes(output.stderr) == b"err\n"
    assert output.status == 3


def test_the_prefix_of_a_run_stands_before_the_program(make_run: MakeRun) -> None:
    run = replace(make_run(), prefix=("/bin/echo", "before"))
    assert sh("exit 3", run).stdout == b"before /bin/sh -c exit 3\n"


def test_a_death_by_a_signal_is_the_negative_number_of_the_signal(make_run: MakeRun) -> None:
    assert sh("kill -KILL $$", make_run()).status == -signal.SIGKILL


@pytest.mark.parametrize("size", [0, 1, 65536, 1_000_000])
def test_all_output_up_to_the_limit_is_read(size: int, make_run: MakeRun) -> None:
    output = sh(f"head -c {size} /dev/zero", make_run(output_limit=size))
    assert bytes(output.stdout) == bytes(size)


def test_much_output_after_a_pause_is_read_whole(make_run: MakeRun) -> None:
    lines = "for n in 1 2 3; do sleep 0.2; echo $n; done"
    output = sh(f"{lines}; head -c 500000 /dev/zero; echo; {lines}", make_run())
    assert bytes(output.stdout) == b"1\n2\n3\n" + bytes(500000) + b"\n1\n2\n3\n"


@pytest.mark.parametrize(
    "script", ["head -c 65537 /dev/zero", "yes", "yes & wait", f"yes & exec {LONG}"]
)
def test_a_program_that_prints_more_than_the_limit_is_stopped_at_once(
    script: str, make_run: MakeRun
) -> None:
    with pytest.raises(MetricFailed, match="65536 bytes"):
        sh(script, make_run(output_limit=65536))


def test_much_output_on_stderr_is_discarded_and_blocks_nothing(make_run: MakeRun) -> None:
    output = sh("echo why >&2; head -c 1000000 /dev/zero >&2; echo out; exit 3", make_run())
    assert bytes(output.stderr) == b"why\n" + bytes(STDERR_BYTES - 4)
    assert bytes(output.stdout) == b"out\n"
    assert output.status == 3


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(LONG, id="silent"),
        pytest.param("while echo x; do sleep 0.01; done", id="slow"),
        pytest.param("yes >&2", id="flooding stderr"),
        pytest.param(f"exec >&- 2>&-; {LONG}", id="with its output closed"),
        pytest.param(f"trap '' TERM; {LONG}", id="deaf"),
        pytest.param("kill -STOP $$", id="halted"),
    ],
)
def test_a_program_is_stopped_at_its_deadline(script: str, make_run: MakeRun) -> None:
    with pytest.raises(MetricTimeout):
        sh(script, make_run(seconds=0.2))


def test_waiting_costs_no_time_of_the_processor(make_run: MakeRun) -> None:
    before = time.thread_time()
    with pytest.raises(MetricTimeout):
        sh(f"exec >&- 2>&-; {LONG}", make_run(seconds=0.5))
    assert time.thread_time() - before < 0.03  # a loop would take most of the half second


def test_a_deadline_may_be_weeks_away(make_run: MakeRun) -> None:
    assert bytes(sh("echo out", make_run(seconds=90 * 86400)).stdout) == b"out\n"


def test_a_program_that_closes_its_output_and_goes_on_is_waited_for(
    folder: Path, make_run: MakeRun
) -> None:
    file = folder / "end"
    output = sh(f"echo out; exec >&- 2>&-; sleep 0.2; touch {file}; exit 3", make_run())
    assert file.exists()
    assert bytes(output.stdout) == b"out\n"
    assert output.status == 3


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        pytest.param(None, 0, id="missing"),
        pytest.param(b"#!/bin/sh\n", 0o644, id="not executable"),
        pytest.param(b"\0\0\0\0", 0o755, id="no program"),
        pytest.param(b"#!/no/such/thing\n", 0o755, id="without its interpreter"),
    ],
)
def test_what_cannot_be_started_is_a_failure_that_names_it(
    content: bytes | None, mode: int, folder: Path, make_run: MakeRun
) -> None:
    file = folder / "program"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(MetricFailed, match=f"{re.escape(str(file))} could not be started"):
        execute([str(file)], make_run(), {})


def test_a_folder_cannot_be_started(folder: Path, make_run: MakeRun) -> None:
    with pytest.raises(MetricFailed, match=re.escape(str(folder))):
        execute([str(folder)], make_run(), {})


def test_it_works_with_more_descriptors_open_than_select_can_take(make_run: MakeRun) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("this host allows too few descriptors")
    run = make_run()
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, hard))
    copies = [os.dup(run.stop.fileno()) for _ in range(1100)]
    try:
        assert bytes(sh("echo out", run).stdout) == b"out\n"
    finally:
        for descriptor in copies:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_runs_at_once_do_not_hold_each_other_up(folder: Path, make_run: MakeRun) -> None:
    file, outputs = folder / "file", []

    def wait_for_the_file() -> None:
        outputs.append(sh(f"while [ ! -e {file} ]; do sleep 0.01; done; echo out", make_run()))

    threads = [threading.Thread(target=wait_for_the_file) for _ in range(4)]
    for thread in threads:
        thread.start()
    sh(f"touch {file}", make_run())
    for thread in threads:
        thread.join()
    assert [bytes(output.stdout) for output in outputs] == [b"out\n"] * 4


def test_what_a_program_prints_is_told_as_it_comes(folder: Path, make_run: MakeRun) -> None:
    """The program goes on when its first line was heard of; its errors are not told."""
    told: list[bytes] = []

    def hear(part: bytes) -> None:
        told.append(part)
        (folder / "told").touch()

    script = f"echo one; echo two >&2; while [ ! -e {folder}/told ]; do sleep 0.01; done; echo end"
    output = sh(script, make_run(listener=hear))
    assert b"".join(told) == b"one\nend\n" == bytes(output.stdout)
