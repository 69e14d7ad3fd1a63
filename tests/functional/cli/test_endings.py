"""How the command ends where its reader has gone, its output is full, or Ctrl-C is pressed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_core.cli import main
from tests.conftest import MakePrograms, until
from tests.functional.cli.test_commands import COMMANDS
from tests.functional.cli.test_script import SYSMON

CLOSED_PIPE = 141
UPTIME = "04:05:06 up  1:02,  1 user,  load average: 0.10, 0.20, 0.30"
IOSTAT = """Linux 6.1 (host)  01/01/26  _x86_64_  (2 CPU)

Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd
vda              11.50        12.00        13.00         0.00      14000      15000          0
"""


@pytest.fixture
def environ(folder: Path, programs: MakePrograms) -> dict[str, str]:
    """A host whose iostat prints one report and the beginning of another, and waits."""
    waiting = f"echo '{IOSTAT}'; printf 'Device   tps'; echo $$ > {folder}/pid; exec sleep 1000"
    path = programs(uptime=f"echo '{UPTIME}'", iostat=waiting)
    return {"SYSMON_VAR": str(folder / "var"), "SYSMON_COMMAND_PATH": path}


@pytest.fixture
def closed() -> Iterator[int]:
    """A pipe that nobody reads."""
    ours, theirs = os.pipe()
    os.close(ours)
    yield theirs
    os.close(theirs)


PRINTING = [
    *(["metrics"], ["metrics", "--output", "json"], ["run", "uptime"], ["plugin", "check"]),
    *(["run", "uptime", "--output", "json"], ["database", "upgrade", "--bootstrap"], ["--version"]),
    *([*path, "--help"] for path in [(), ("run", "uptime"), *COMMANDS]),
]


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_a_closed_pipe_ends_each_command_quietly(
    environ: dict[str, str], folder: Path, closed: int, words: list[str]
) -> None:
    command = [str(SYSMON), *words]
    done = subprocess.run(
        command, env=environ, cwd=folder, stdout=closed, stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, b"")


def started(words: list[str], environ: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_pipe_that_closes_ends_a_long_run_and_its_program(
    environ: dict[str, str], folder: Path, programs: MakePrograms
) -> None:
    going = f"echo $$ > {folder}/pid; while :; do echo line; sleep 0.01; done"
    programs(iostat=going)
    words = [str(SYSMON), "run", "iostat", "--count", "1000"]
    with started(words, environ, folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.wait(20) == CLOSED_PIPE
        assert process.stderr.read() == b""
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


@pytest.mark.parametrize("words", [["metrics"], ["run", "uptime"], ["--help"]], ids=" ".join)
def test_an_output_that_is_full_is_told_in_a_sentence(
    environ: dict[str, str], folder: Path, words: list[str]
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [str(SYSMON), *words], env=environ, cwd=folder, stdout=full, stderr=-1, check=False
        )
    told = b"Error: The output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def interrupted(environ: dict[str, str], folder: Path, form: str) -> bytes:
    words = [str(SYSMON), "run", "iostat", "--count", "9", "--output", form]
    with started(words, environ, folder) as process:
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (130, b"")
    return out


def test_ctrl_c_prints_the_samples_so_far_as_json(environ: dict[str, str], folder: Path) -> None:
    answer = json.loads(interrupted(environ, folder, "json"))
    assert answer["text"] == f"{IOSTAT}\n"
    assert [(row["device"], row["transfers"]) for row in answer["rows"]] == [("vda", 11.5)]


def test_ctrl_c_prints_the_samples_so_far_as_a_table(environ: dict[str, str], folder: Path) -> None:
    assert b"transfers     11.50/s" in interrupted(environ, folder, "table")


def test_ctrl_c_before_any_sample_prints_json_without_rows(
    environ: dict[str, str], folder: Path, programs: MakePrograms
) -> None:
    programs(iostat=f"echo $$ > {folder}/pid; exec sleep 1000")
    answer = json.loads(interrupted(environ, folder, "json"))
    assert answer == {"metric": "iostat", "text": "", "rows": [], "samples": []}
    (folder / "pid").unlink()
    assert interrupted(environ, folder, "table") == b""


def test_every_group_of_commands_ends_so() -> None:
    """A group of another class would print a traceback where its reader has gone."""
    groups = {type(main), *(type(one) for one in COMMANDS.values() if hasattr(one, "commands"))}
    assert all(issubclass(group, type(main)) for group in groups)
