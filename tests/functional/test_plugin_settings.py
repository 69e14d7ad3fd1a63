"""Settings of a plugin on the command line, and in the tests of its author."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sysmon_core import Column, Field, Host, Metric, PluginSettings, Row, Run, SecretStr
from sysmon_core.cli import main
from sysmon_core.errors import PluginError
from sysmon_core.testing import CheckMetric, MakeApp, RunTask
from tests.support.plugins import Site

PLUGIN = """
import os
from sysmon_core import Column, Field, Host, Metric, PluginSettings, SecretStr, hookimpl

class Own(PluginSettings):
    token: SecretStr = Field(description="What opens the pond")

def ask(params, run):
    token = run.settings.token.get_secret_value()
    return [{"size": len(token), "names": " ".join(sorted(os.environ))}]

@hookimpl
def sysmon_metrics():
    columns = [Column("size", "characters of the token", "1"), Column("names", "the variables")]
    text = dict(title="Pond", description="How long the token is.", columns=columns, settings=Own)
    long = lambda params: 0
    return [Metric(name="NAME", function=ask, **text),
            Metric(name="NAME-long", function=ask, duration=long, **text)]
"""
SECRET = "C4n4ry"

RunCommand = Callable[..., Result]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunCommand]:
    """Run a command where the plugins fish and fish-pond are installed."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder / "site")
    (folder / "site").mkdir()
    site = Site(folder / "site")
    for name in ("fish", "fish-pond"):
        site.add(PLUGIN.replace("NAME", name), name, name.replace("-", "_"))
    unset: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SYSMON_")}

    def run(*words: str, code: int = 0, **env: str) -> Result:
        given = {f"SYSMON_PLUGIN_{name}": value for name, value in env.items()}
        own = {"SYSMON_VAR": str(folder), "NO_COLOR": "1"} | given
        result = CliRunner().invoke(main, words, env=unset | own)
        assert result.exit_code == code, result.output
        assert SECRET not in result.output
        return result

    yield run
    for module in site.modules:
        sys.modules.pop(module, None)


BOTH = {"FISH_TOKEN": SECRET, "FISH_POND_TOKEN": SECRET + "!"}


@pytest.mark.parametrize(("name", "size"), [("fish", 6), ("fish-pond", 7), ("fish-pond-long", 7)])
def test_a_metric_has_its_settings_and_no_variable_of_the_service(
    name: str, size: int, run: RunCommand
) -> None:
    before = dict(os.environ)
    said = json.loads(run("run", name, "--output", "json", **BOTH).stdout)
    (row,) = said["rows"]
    assert row["size"] == size
    names = set(row["names"].split())
    assert {"LC_ALL", "PATH"} <= names
    assert not {one for one in names if one.startswith("SYSMON_")} | names & {"NO_COLOR"}
    assert dict(os.environ) == before


def test_a_missing_setting_stops_a_command(run: RunCommand) -> None:
    told = run("run", "fish", code=1, FISH_POND_TOKEN="x").stderr
    assert "the plugin fish of fish 1.2 needs the setting token (What opens the pond)" in told
    assert "set SYSMON_PLUGIN_FISH_TOKEN in the environment" in told


def test_the_check_uses_the_settings_of_this_host(run: RunCommand, folder: Path) -> None:
    (folder / "development.ini").write_text("[app:main]\n[plugin:fish]\ntoken = here\n")
    said = run("plugin", "check", "fish", FISH_POND_TOKEN=SECRET).stdout
    assert "Nothing falls short." in said
    assert "Nothing falls short." in run("plugin", "check", "fish-pond", **BOTH).stdout


def test_the_check_says_what_is_missing(run: RunCommand) -> None:
    said = run("plugin", "check", "fish", code=1, FISH_POND_TOKEN=SECRET).stdout
    assert said.startswith("left out: the plugin fish of fish 1.2 needs the setting token ")


@pytest.mark.parametrize("words", [("metrics",), ("metrics", "--output", "json")])
def test_a_list_of_metrics_shows_no_settings(words: tuple[str, ...], run: RunCommand) -> None:
    assert "fish-pond-long" in run(*words, **BOTH).stdout
    assert "needs the setting token" in run(*words, code=1).stderr


class Own(PluginSettings):
    token: SecretStr = Field(description="What opens the pond")
    hosts: list[str] = Field([], description="Who may ask")


def ask(_params: object, run: Run) -> list[Row]:
    return [{"size": len(run.settings.token.get_secret_value()), "hosts": len(run.settings.hosts)}]


COLUMNS = [Column("size", "characters of the token", "1"), Column("hosts", "who may ask", "1")]
POND = Metric(
    name="pond",
    title="Pond",
    description="How long the token is.",
    columns=COLUMNS,
    function=ask,
    settings=Own,
)
LONG = Metric(
    name="long",
    title="Long",
    description="How long the token is.",
    columns=COLUMNS,
    function=ask,
    settings=Own,
    duration=lambda _params: 0,
)


@pytest.mark.parametrize("token", ["123", SecretStr("123")])
def test_an_author_gives_settings_to_an_application(
    token: object, sysmon_app: MakeApp, sysmon_worker: RunTask
) -> None:
    app = sysmon_app([POND, LONG], plugin_settings={"token": token, "hosts": ["a", "b"]})
    expected = "size  hosts\n   3      2\n"
    assert app.get("/v1/pond/").json == {"pond": expected}
    assert sysmon_worker(app, "/v2/long/")["result"] == {"long": expected}
    assert "What opens" not in app.get("/openapi.json").text


def test_an_author_gives_settings_to_the_check(check_metric: CheckMetric) -> None:
    check_metric(POND, plugin_settings={"token": "x"})
    with pytest.raises(PluginError, match="needs the setting token"):
        check_metric(POND)
    with pytest.raises(PluginError, match="Unknown setting tokne: did you mean token"):
        check_metric(POND, {"tokne": "x"})


def test_a_metric_that_declares_no_settings_is_told_so(sysmon_app: MakeApp) -> None:
    metrics = [replace(metric, settings=None) for metric in (POND, LONG)]
    app = sysmon_app(
        [*metrics, replace(metrics[0], name="lake", available=lambda host: host.settings.x)]
    )
    for path in ("/v1/pond/", "/v1/long/", "/v1/lake/"):
        told = "the metric declares no settings, so there is no "
        assert told in app.get(path, status=502).json["detail"]
    assert not Host("/bin").settings
