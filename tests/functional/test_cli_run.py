"""``sysmon run``: a metric without a server, in each form, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sysmon_core.cli import main
from tests.conftest import MakePrograms, until

SYSMON = Path(sys.executable).parent / "sysmon"
UPTIME = "04:05:06 up  1:02,  1 user,  load average: 0.10, 0.20, 0.30"
IOSTAT = """Linux 6.1 (host)  01/01/26  _x86_64_  (2 CPU)

Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd
vda              11.50        12.00        13.00         0.00      14000      15000          0
"""

Run = Callable[..., Result]


@pytest.fixture
def environ(folder: Path, programs: MakePrograms) -> dict[str, str]:
    """The settings of a host whose programs print what is known."""
    path = programs(
        uptime=f"echo '{UPTIME}'",
        iostat=f"echo $$ > {folder}/pid; [ $3 -gt 9 ] && exec sleep 1000; echo '{IOSTAT}'",
    )
    return {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": path}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    def run(*args: str, code: int = 0, **env: str) -> Result:
        unset: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SYSMON_")}
        result = CliRunner().invoke(main, ["run", *args], env=unset | environ | env)
        assert result.exit_code == code, result.output
        assert bool(result.stderr) == (code != 0)
        return result

    return run


def test_a_metric_prints_its_text_and_nothing_else(run: Run) -> None:
    assert run("uptime").stdout == UPTIME + "\n"
    assert run("iostat").stdout == IOSTAT + "\n"


def test_json_has_the_text_and_the_rows(run: Run) -> None:
    answer = json.loads(run("iostat", "--count", "1", "--output", "json").stdout)
    assert answer["metric"] == "iostat"
    assert answer["text"] == IOSTAT + "\n"
    assert [(row["device"], row["transfers"]) for row in answer["rows"]] == [("vda", 11.5)]


def test_json_of_a_long_metric_has_its_samples_with_their_times(
    run: Run, programs: MakePrograms
) -> None:
    device = "echo Device tps; echo sda 1.5; echo sdb 0.0; echo"
    programs(iostat=f"{device}; sleep 0.05; {device}")
    answer = json.loads(run("iostat", "--output", "json").stdout)
    first, second = answer["samples"]
    assert first["rows"] + second["rows"] == answer["rows"]
    assert [row["device"] for row in first["rows"]] == ["sda", "sdb"]
    assert [one["index"] for one in (first, second)] == [0, 1]
    assert [one["since_boot"] for one in (first, second)] == [True, False]
    assert datetime.fromisoformat(first["at"]) < datetime.fromisoformat(second["at"])
    assert "samples" not in json.loads(run("uptime", "--output", "json").stdout)


@pytest.mark.parametrize(("form", "reads"), [("text", False), ("json", True)])
def test_no_row_is_read_where_the_text_alone_is_shown(
    form: str, reads: bool, environ: dict[str, str]
) -> None:
    words = ["-X", "importtime", "-m", "sysmon_core", "run", "iostat", "--output", form]
    done = subprocess.run([sys.executable, *words], env=environ, capture_output=True, check=True)
    assert done.stdout
    assert (b" jc.lib\n" in done.stderr) is reads


TURNED = """\
device        vda
transfers     11.50/s
read_rate     12.0 KiB/s
write_rate    13.0 KiB/s
discard_rate  0 B/s
read          13.7 MiB
written       14.6 MiB
discarded     0 B
"""
WIDE = """\
device  transfers   read_rate  write_rate  discard_rate      read   written  discarded
vda       11.50/s  12.0 KiB/s  13.0 KiB/s         0 B/s  13.7 MiB  14.6 MiB        0 B
"""


@pytest.mark.parametrize(("width", "screen"), [(40, TURNED), (80, TURNED), (200, WIDE)])
def test_a_table_is_as_wide_as_the_terminal_at_most(run: Run, width: int, screen: str) -> None:
    assert run("iostat", "--output", "table", COLUMNS=str(width)).stdout == screen


def test_a_table_shows_what_stands_in_brackets(run: Run, programs: MakePrograms) -> None:
    programs(iostat=f"echo '{IOSTAT.replace('vda', '[/x]')}'")
    assert "[/x]" in run("iostat", "--output", "table").stdout


def test_help_names_the_choices_and_no_default_that_is_nothing(run: Run) -> None:
    told = " ".join(run("processes", "--help").stdout.split())
    assert "--by cpu|memory What they use most of (default cpu)" in told
    assert "default )" not in run("disk", "--help").stdout


def test_help_is_made_of_the_params(run: Run) -> None:
    listed = run("--help").stdout
    assert "Disk activity" in listed
    assert "Uptime and load" in listed
    told = " ".join(run("iostat", "--help").stdout.split())
    assert "--count INTEGER Number of reports (from 1, default 1)" in told
    assert "--wait INTEGER Seconds between two reports (s, from 1, default 1)" in told


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nothing"], "nothing"),
        (["uptime", "--count", "1"], "--count"),
        (["iostat", "--count", "x"], "--count: must be a whole number"),
        (["iostat", "--count", "0"], "--count: "),
        (["iostat", "--wait", "2"], "--wait: a single report has nothing to wait for"),
        (["iostat", "--output", "xml"], "xml"),
    ],
)
def test_wrong_usage_names_the_option(args: list[str], said: str, run: Run) -> None:
    assert said in run(*args, code=2).stderr


def test_a_metric_that_fails_says_why(run: Run, programs: MakePrograms) -> None:
    programs(uptime="echo no clock >&2; exit 3")
    result = run("uptime", code=1)
    assert result.stderr == "Error: uptime ended with status 3: no clock\n"
    assert result.stdout == ""


def test_a_run_without_rows_says_so(run: Run, programs: MakePrograms) -> None:
    programs(iostat="echo nothing to see")
    assert run("iostat", "--output", "table").stdout == "There are no rows.\n"


def test_an_option_is_given_once(run: Run) -> None:
    said = run("iostat", "--count", "1", "--count", "2", code=2).stderr
    assert "--count: given more than once" in said


def test_a_run_that_would_take_too_long_is_refused(run: Run) -> None:
    assert "longer than the limit" in run("iostat", "--count", "9999999", code=1).stderr


def test_an_interrupted_run_leaves_no_program(environ: dict[str, str], folder: Path) -> None:
    command = [str(SYSMON), "run", "iostat", "--count", "10"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    program = int((folder / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(program, 0)


WAITING = "echo one; while [ ! -e {0}/go ]; do sleep 0.01; done; echo two"


def test_the_text_of_a_long_run_is_shown_as_it_comes(
    environ: dict[str, str], folder: Path, programs: MakePrograms
) -> None:
    programs(iostat=WAITING.format(folder))
    command = [str(SYSMON), "run", "iostat"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"one\n"
        (folder / "go").touch()
        assert process.stdout.read() == b"two\n"


def test_on_a_terminal_the_text_stands_above_the_progress(
    environ: dict[str, str], folder: Path, programs: MakePrograms
) -> None:
    programs(iostat=WAITING.format(folder))
    ours, theirs = pty.openpty()
    command = [str(SYSMON), "run", "iostat", "--count", "3"]
    with subprocess.Popen(
        command, env=environ | {"TERM": "xterm"}, stderr=theirs, stdout=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        while b"%" not in seen.partition(b"one")[2]:
            seen += os.read(ours, 1000)
        (folder / "go").touch()
        while b"two" not in seen:
            seen += os.read(ours, 1000)
        assert process.wait(20) == 0
    os.close(ours)


def test_a_long_run_shows_its_progress_on_a_terminal(environ: dict[str, str], folder: Path) -> None:
    ours, theirs = pty.openpty()
    command = [str(SYSMON), "run", "iostat", "--count", "10"]
    with subprocess.Popen(
        command, env=environ | {"TERM": "xterm"}, stderr=theirs, stdout=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        seen = b""
        while b"%" not in seen:
            seen += os.read(ours, 1000)
        process.send_signal(signal.SIGINT)
        process.wait(20)
    os.close(ours)
    assert b"iostat" in seen
