"""The output of a program in parts, as it comes, under the same limits as all programs."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

import pytest

from sysmon_core.errors import MetricFailed, MetricTimeout
from sysmon_core.running.process import Output, stream
from sysmon_core.running.run import Run
from tests.conftest import until
from tests.unit.conftest import AT_ONCE, LONG, MakeRun, alive, pid_in

pytestmark = pytest.mark.usefixtures("nothing_left")


def parts(script: str, run: Run, output: Output) -> Generator[bytes]:
    return stream(["/bin/sh", "-c", script], run, {"PATH": "/usr/bin:/bin"}, output)


def test_a_part_comes_while_the_program_runs(folder: Path, make_run: MakeRun) -> None:
    output = Output()
    script = f"echo one; while [ ! -e {folder}/go ]; do sleep 0.01; done; echo two; exit 3"
    with contextlib.closing(parts(script, make_run(), output)) as found:
        assert next(found) == b"one\n"
        assert bytes(output.stdout) == b"one\n"
        (folder / "go").touch()
        assert b"".join(found) == b"two\n"
    assert (bytes(output.stdout), output.status) == (b"one\ntwo\n", 3)


def test_a_reader_who_stops_ends_the_program_and_what_it_began(
    folder: Path, make_run: MakeRun
) -> None:
    script = f"{LONG} & echo $! > {folder}/pid; echo one; wait"
    with contextlib.closing(parts(script, make_run(), Output())) as found:
        assert next(found) == b"one\n"
    until(lambda: not alive(pid_in(folder / "pid")), AT_ONCE)


def test_nothing_runs_before_the_first_part_is_asked_for(folder: Path, make_run: MakeRun) -> None:
    with contextlib.closing(parts(f"touch {folder}/ran", make_run(), Output())):
        pass
    assert not (folder / "ran").exists()


def test_a_deadline_passes_between_two_parts(make_run: MakeRun) -> None:
    found = parts(f"echo one; {LONG}", make_run(seconds=0.5), Output())
    assert next(found) == b"one\n"
    with pytest.raises(MetricTimeout):
        next(found)


@pytest.mark.parametrize("size", [65537, 10**6])
def test_parts_have_the_limit_of_the_run(size: int, make_run: MakeRun) -> None:
    with pytest.raises(MetricFailed, match="65536 bytes"):
        b"".join(parts(f"head -c {size} /dev/zero", make_run(output_limit=65536), Output()))


def test_errors_are_no_parts(make_run: MakeRun) -> None:
    output = Output()
    assert b"".join(parts("echo why >&2; echo out", make_run(), output)) == b"out\n"
    assert bytes(output.stderr) == b"why\n"
