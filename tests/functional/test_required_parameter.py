"""A parameter without a default: demanded in the same words everywhere, checked by its example."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sysmon_core import Field, Metric, Params, Run
from sysmon_core.cli import main
from sysmon_core.testing import CheckMetric, MakeApp
from tests.support.plugins import Site, site_with

CODE = """
from sysmon_core import Field, Integer, Metric, Params, hookimpl

class Which(Params):
    device: str = Field(examples=["sda"], pattern="^[a-z]+$", description="Which device")
    fast: bool = Field(examples=[True], description="Whether caches are used")
    ports: list[Integer] = Field([], description="Which ports", json_schema_extra={"unit": "1"})

def show(params, run):
    return f"{params.device} {params.fast} {params.ports}"

@hookimpl
def sysmon_metrics():
    about = dict(description="What it is.", params=Which, function=show)
    return [Metric(name="which", title="Which", **about)]
"""


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder on the path, in which the plugin is installed."""
    with site_with(CODE, folder, monkeypatch) as site:
        yield site


def sysmon(folder: Path, *words: str) -> Result:
    unset: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SYSMON_")}
    return CliRunner().invoke(main, words, env=unset | {"SYSMON_VAR": str(folder)})


def test_a_query_must_have_it(site: Site, sysmon_app: MakeApp) -> None:
    app = sysmon_app(list(site.load()))
    missing = [
        {"in": "query", "name": name, "detail": "must be given"} for name in ("device", "fast")
    ]
    assert app.get("/v1/which/", status=400).json["errors"] == missing
    assert app.get("/v1/which/?device=sda&fast=no").json == {"which": "sda False []"}


def test_the_command_line_must_have_it(site: Site, folder: Path) -> None:
    refused = sysmon(folder, "run", "which", "--ports", "x")
    assert refused.exit_code == 2
    assert refused.stderr.endswith(
        "Error: --device: must be given; --fast: must be given; "
        "--ports: must be a whole number, in the digits 0 to 9\n"
    )
    words = ["--device", "sda", "--no-fast", "--ports", "1", "--ports", "2"]
    assert sysmon(folder, "run", "which", *words).stdout == "sda False [1, 2]\n"
    told = sysmon(folder, "run", "which", "--help").stdout
    assert "run which --device TEXT [OPTIONS]" in told
    assert "Which device (required, for example sda)" in " ".join(told.split())


def test_a_check_sets_it_to_its_first_example(site: Site, folder: Path) -> None:
    checked = sysmon(folder, "plugin", "check", "which")
    assert checked.exit_code == 0, checked.output
    assert "  ok     surfaces     device, fast, ports; runs: 3\n" in checked.stdout


def test_a_check_demands_an_example_of_it(check_metric: CheckMetric) -> None:
    class Which(Params):
        device: str = Field(description="Which device")

    def show(params: Which, _run: Run) -> str:
        return params.device

    metric = Metric(name="which", title="Which", description="It.", params=Which, function=show)
    with pytest.raises(AssertionError, match=r"device has no default.*Field examples=\[...\]"):
        check_metric(metric)
