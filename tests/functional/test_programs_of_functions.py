"""Programs that functions run by ``run.program``: over HTTP, by the command, in the check."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from webtest import TestApp

from sysmon_core import Field, Metric, Params, Run, testing
from sysmon_core.cli import main
from sysmon_core.metrics.loading import load
from tests.conftest import MakeApp, MakePrograms, MakeSettings, until
from tests.support.plugins import Site, site_with

PLUGIN = """
from sysmon_core import Metric, hookimpl

def fish(params, run):
    return run.program(["fish", "--caught"], package="fish-utils").text

FIELDS = {"title": "Fish", "description": "What was caught.", "function": fish}

@hookimpl
def sysmon_metrics():
    quick = Metric(name="quick", **FIELDS)
    return [quick, Metric(name="long", duration=lambda params: 0, **FIELDS)]
"""
SYSMON = Path(sys.executable).parent / "sysmon"
NAMES = ["quick", "long"]
DEAF = "trap '' TERM; echo $$ > {}/pid; while :; do sleep 0.1; done"

MakeServed = Callable[..., TestApp]


@pytest.fixture
def database_url() -> str:
    """SQLite alone: none of this is about users."""
    return ""


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder on the path in which the plugin is installed."""
    with site_with(PLUGIN, folder, monkeypatch) as site:
        yield site


@pytest.fixture
def served(
    site: Site, make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms
) -> MakeServed:
    """Make the application of a host whose program ``fish`` is this script, if there is one."""

    def make(script: str | None, **values: object) -> TestApp:
        path = programs(fish=script) if script else "/nowhere"
        config = make_settings(command_path=path, **values)
        found = distributions(path=[str(site.folder)])
        return make_testapp(
            config, load(config, [one for dist in found for one in dist.entry_points])
        )

    return make


@pytest.mark.parametrize("name", NAMES)
def test_what_the_program_of_the_settings_prints_is_the_answer(
    name: str, served: MakeServed
) -> None:
    assert served("echo caught $1").get(f"/v1/{name}/").json == {name: "caught --caught\n"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        (None, 501, "The program fish is not on this host: install the package fish-utils"),
        ("echo no water >&2; exit 3", 502, "fish ended with status 3: no water"),
        ("head -c 50000000 /dev/zero", 502, "100000 bytes"),
    ],
)
def test_a_failure_is_told_in_words(
    name: str, script: str | None, status: int, told: str, served: MakeServed
) -> None:
    answer = served(script, output_limit=100_000).get(f"/v1/{name}/", status=status)
    assert told in answer.json["detail"]


def pid_in(folder: Path) -> int:
    file = folder / "pid"
    until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_program_does_not_outlive_its_run(name: str, served: MakeServed, folder: Path) -> None:
    served(DEAF.format(folder), overrun=1).get(f"/v1/{name}/", status=504)
    until(lambda: not psutil.pid_exists(pid_in(folder)))


def test_a_program_does_not_outlive_the_process_of_a_long_function(
    served: MakeServed, folder: Path
) -> None:
    """Which is killed as whole as a process can be: nothing in it can tidy up."""
    app = served(DEAF.format(folder).replace("while", "kill -9 $PPID; while"))
    app.get("/v1/long/", status=502)
    until(lambda: not psutil.pid_exists(pid_in(folder)))


@pytest.fixture
def environ(site: Site, folder: Path, programs: MakePrograms) -> dict[str, str | None]:
    """The settings of the command, on a host that has the program."""
    unset: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SYSMON_")}
    path = programs(fish="echo caught")
    return unset | {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": path}


@pytest.mark.parametrize("name", NAMES)
def test_the_command_runs_it(name: str, environ: dict[str, str | None]) -> None:
    result = CliRunner().invoke(main, ["run", name], env=environ)
    assert (result.exit_code, result.stdout) == (0, "caught\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_program_does_not_outlive_the_command(
    name: str, environ: dict[str, str | None], site: Site, folder: Path, programs: MakePrograms
) -> None:
    programs(fish=DEAF.format(folder))
    given = {key: value for key, value in environ.items() if value is not None}
    given["PYTHONPATH"] = str(site.folder)
    with subprocess.Popen([SYSMON, "run", name], env=given, stdout=subprocess.DEVNULL) as process:
        pid = pid_in(folder)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    until(lambda: not psutil.pid_exists(pid))


def test_the_check_finds_nothing(environ: dict[str, str | None]) -> None:
    result = CliRunner().invoke(main, ["plugin", "check", "aquarium"], env=environ)
    assert "Nothing falls short." in result.output, result.output


class Word(Params):
    word: str = Field("", description="A word")


def spoken(params: Word, run: Run) -> str:
    return run.program(["fish", params.word]).text


def kept(params: Word, run: Run) -> str:
    return run.program(["fish", "--", *params.word.split()]).text


def test_a_text_of_a_caller_is_no_option_of_such_a_program(
    sysmon_app: testing.MakeApp, programs: MakePrograms
) -> None:
    metrics = [
        Metric(name=one.__name__, title="Fish", params=Word, function=one) for one in (spoken, kept)
    ]
    app = sysmon_app(metrics, command_path=programs(fish='echo "$*"'))
    assert app.get("/v1/spoken/?word=carp").json == {"spoken": "carp\n"}
    refused = app.get("/v1/spoken/?word=--help", status=400).json["errors"]
    assert [error["name"] for error in refused] == ["word"]
    assert app.get("/v1/kept/?word=--help+-x").json == {"kept": "-- --help -x\n"}
