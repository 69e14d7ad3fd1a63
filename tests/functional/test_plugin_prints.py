"""What plugins print and raise: it spoils no answer, and is told to those who can mend it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from webtest import TestApp

from tests.conftest import LogLines, MakeApp, MakeSettings, until, working
from tests.support.plugins import Site, site_with

SYSMON = Path(sys.executable).parent / "sysmon"
MODULE = "plugin_0_of_a_test"
CODE = """
import json, os, subprocess
from sysmon_core import Column, Metric, hookimpl

print("imported")

def chat(params, run):
    print("printed")
    os.write(1, b"written\\n")
    subprocess.run(["echo", "of a program"])
    yield {"fish": 1}

def fall(params, run):
    dive()
    yield {"fish": 1}

def dive():
    json.loads("no water")  # the place

def quiet(params, run):
    yield {"fish": 1}

@hookimpl
def sysmon_metrics():
    about = dict(description="Fish.", columns=[Column("fish", "how many", "1")])
    quick = [Metric(name=f.__name__, title="x", function=f, **about) for f in (chat, fall, quiet)]
    long = [
        Metric(name=f"long-{f.__name__}", title="x", function=f, duration=lambda params: 0, **about)
        for f in (chat, fall, quiet)
    ]
    return quick + long
"""
PLACE = CODE[: CODE.index("# the place")].count("\n") + 1

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder on the path, in which the plugin is installed."""
    with site_with(CODE, folder, monkeypatch) as site:
        yield site


@pytest.fixture
def command(site: Site, folder: Path) -> Command:
    """Run the command on a host with the plugin."""
    environ = {
        "SYSMON_VAR": str(folder),
        "PYTHONPATH": str(site.folder),
        "PATH": os.environ["PATH"],
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SYSMON, *words], env=environ, cwd=folder, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("name", ["chat", "long-chat"])
@pytest.mark.parametrize("form", ["text", "table", "json"])
def test_an_answer_has_nothing_that_a_plugin_prints(command: Command, name: str, form: str) -> None:
    done = command("run", name, "--output", form)
    if form == "json":
        assert json.loads(done.stdout)["rows"] == [{"fish": 1}]
    else:
        assert done.stdout.split() == ["fish", "1"]
    for told in ("imported", "printed", "written", "of a program"):
        assert f"{told}\n" in done.stderr


@pytest.mark.parametrize("words", [["metrics", "--output", "json"]], ids=" ".join)
def test_a_list_has_nothing_that_a_plugin_prints(command: Command, words: list[str]) -> None:
    done = command(*words)
    assert "long-chat" in {one["name"] for one in json.loads(done.stdout)["metrics"]}
    assert done.stderr == "imported\n"


@pytest.mark.parametrize("name", ["chat", "long-chat"])
def test_a_check_finds_that_a_plugin_prints(command: Command, name: str) -> None:
    (short,) = re.findall(r"short +prints +(.*)", command("plugin", "check", name).stdout)
    assert re.match(r"it prints on standard output \(.+\): return it as text", short)


def test_a_check_finds_nothing_where_nothing_is_printed(command: Command) -> None:
    assert "prints       nothing on standard output" in command("plugin", "check", "quiet").stdout


@pytest.mark.parametrize("name", ["fall", "long-fall"])
def test_a_check_and_a_run_tell_where_a_plugin_raised(
    command: Command, site: Site, name: str
) -> None:
    place = f"raised at {site.folder}/{MODULE}.py:{PLACE}, in dive"
    assert place in command("plugin", "check", name).stdout
    run = command("run", name)
    assert run.returncode == 1
    assert run.stderr.endswith(f"{place}\n")
    assert "Traceback" not in run.stderr


def test_a_plugin_that_cannot_be_imported_is_told_with_its_place(
    command: Command, site: Site
) -> None:
    site.add("import json\n\njson.loads('')", plugin="sea", dist="ocean")
    told = command("metrics").stderr
    assert f"{site.folder}/plugin_1_of_a_test.py:3, in <module>" in told
    assert "Traceback" not in told


@pytest.fixture
def pond(site: Site, make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str) -> TestApp:
    """The application with these metrics."""
    return make_testapp(make_settings(redis_url=redis_url, database_url=""), site.load())


def traced(log_lines: LogLines) -> list[str]:
    return [line["exception"] for line in log_lines() if "exception" in line]


@pytest.mark.parametrize("name", ["fall", "long-fall"])
def test_the_log_has_the_traceback_and_a_client_has_none(
    pond: TestApp, site: Site, log_lines: LogLines, name: str
) -> None:
    problem = pond.get(f"/v1/{name}/", status=502)
    assert problem.json["detail"].startswith(f"The metric {name} failed: JSONDecodeError: ")
    assert MODULE not in problem.text
    (exception,) = traced(log_lines)
    assert f'"{site.folder}/{MODULE}.py", line {PLACE}, in dive' in exception
    assert exception.count("JSONDecodeError: ") == 1 or name == "long-fall"


def test_a_task_s_traceback_is_in_the_log_of_the_worker(
    pond: TestApp, site: Site, log_lines: LogLines, make_settings: MakeSettings, redis_url: str
) -> None:
    config = make_settings(redis_url=redis_url, database_url="")
    with working(config, site.load()):
        path = pond.post("/v2/long-fall/").location
        until(lambda: pond.get(path).json["state"] == "FAILURE")
        assert MODULE not in pond.get(path).text
    assert any(f"line {PLACE}, in dive" in exception for exception in traced(log_lines))
