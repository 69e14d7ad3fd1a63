"""Why metrics cannot be had on a host: what the host lacks, told from what a metric does wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_core import Command, Host, Metric, Params, Run
from sysmon_core.errors import MetricUnavailable
from sysmon_core.services.executor import Executor
from sysmon_core.settings import Settings
from tests.conftest import hosting

FISH = Command(name="fish", title="", program="fish", package="fishtank")


def swim(_params: Params, _run: Run) -> str:
    return "swims"


def of(*metrics: Metric) -> Executor:
    config = Settings(command_path="/nowhere")
    return Executor(config, hosting(config, *metrics))


def lacks(*metrics: Metric) -> dict[str, str]:
    return of(*metrics).lacks()


class Careless(Metric):
    """Fails to look for what it needs."""

    def require(self) -> None:
        raise OSError("no water")


class Lacking(Metric):
    """Needs what no host has."""

    def require(self) -> None:
        raise MetricUnavailable("install the sea")


def test_what_a_host_lacks_is_said_by_metric(caplog: pytest.LogCaptureFixture) -> None:
    fields = {"title": "", "function": print}
    metrics = [
        FISH,
        Lacking(name="whale", **fields),  # type: ignore[arg-type]  # the fields are of two types
        Careless(name="crab", **fields),  # type: ignore[arg-type]
        Metric(name="frog", **fields),  # type: ignore[arg-type]
    ]
    said = lacks(*metrics)
    assert set(said) == {"fish", "whale"}
    assert said["whale"] == "install the sea"
    assert "install the package fishtank" in said["fish"]
    assert "The metric crab failed: OSError: no water" in caplog.text


def test_a_metric_says_itself_what_it_lacks_on_this_host(caplog: pytest.LogCaptureFixture) -> None:
    def dry(host: Host) -> str | None:
        return None if host.find("sea") else f"there is no sea in {host.command_path}"

    metrics = [
        Metric(name="whale", title="", function=swim, available=dry),
        Metric(name="crab", title="", function=swim, available=lambda _host: str(1 // 0)),
        replace(FISH, available=lambda _host: "never asked of a program that is missing"),
    ]
    said = lacks(*metrics)
    assert set(said) == {"fish", "whale"}
    assert said["whale"] == "there is no sea in /nowhere"
    assert "install the package fishtank" in said["fish"]
    assert "The metric crab failed: it failed to look for what it needs" in caplog.text


def test_a_metric_that_cannot_be_had_is_told_from_one_that_fails_to_say() -> None:
    metrics = [
        Metric(name="whale", title="", function=swim, available=lambda _host: "no sea"),
        Metric(name="crab", title="", function=swim, available=lambda _host: True),  # type: ignore[arg-type,return-value]  # the fault
        Metric(name="frog", title="", function=swim),
    ]
    executor = of(*metrics)
    refusals = executor.refusals()
    assert {name: one.fault for name, one in refusals.items()} == {"whale": False, "crab": True}
    assert refusals["whale"].sentence == "no sea"
    assert "neither None nor a sentence" in refusals["crab"].sentence
    assert [executor.unavailable(metric) for metric in metrics] == ["no sea", None, None]
