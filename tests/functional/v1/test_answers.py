"""Version 1: an index, and what the programs print."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Metric, Report, Run
from sysmon_core.metrics import loading
from sysmon_core.metrics.registry import Registry
from tests.conftest import METRICS, MakeApp, MakeSettings
from tests.functional.answers import Serve, ask, problem
from tests.functional.iostat_params import printed


@pytest.fixture
def app_on_this_host(make_settings: MakeSettings, make_testapp: MakeApp) -> TestApp:
    return make_testapp(make_settings())


def shape(text: str) -> list[str]:
    """Its lines with every number made alike, whatever the host did meanwhile."""
    return [" ".join(re.sub(r"[\d.]+", "0", line).split()) for line in text.splitlines()]


def host_prints(*command: str) -> list[str]:
    environ = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    return shape(done.stdout)


def test_the_index_links_to_the_metrics_uptime_and_iostat_first(app: TestApp) -> None:
    links = [{"rel": name, "href": f"/v1/{name}/"} for name in METRICS]
    assert app.get("/v1/").json == {"links": links}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_index_lists_what_plugins_add_in_the_order_of_the_registry(
    make_settings: MakeSettings, make_testapp: MakeApp, version: str
) -> None:
    def report(_params: Any, _run: Run) -> Report:
        return Report("here")

    config = make_settings()
    found = loading.load(config)
    source = found.sources["uptime"]
    added = [Metric(name=name, title="One", function=report) for name in ("zoo", "ant")]
    metrics = Registry((metric, source) for metric in [*added, *found])
    app = make_testapp(config, metrics)
    links = [{"rel": metric.name, "href": f"/{version}/{metric.name}/"} for metric in metrics]
    assert app.get(f"/{version}/").json == {"links": links}
    assert [link["rel"] for link in links[:2]] == ["uptime", "iostat"]
    assert app.get(f"/{version}/ant/").json == {"ant": "here"}


def test_uptime_is_what_the_command_prints_without_the_space_around_it(serve: Serve) -> None:
    app = serve(uptime="printf ' \\n up 14 days,  7:33, \\302\\265 \\n\\n'")
    assert app.get("/v1/uptime/").json == {"uptime": "up 14 days,  7:33, µ"}


def test_uptime_has_the_shape_of_what_this_host_prints(app_on_this_host: TestApp) -> None:
    before = host_prints("uptime")
    answer = app_on_this_host.get("/v1/uptime/").json
    assert set(answer) == {"uptime"}
    assert answer["uptime"] == answer["uptime"].strip()
    assert shape(answer["uptime"]) in (before, host_prints("uptime"))


def test_uptime_takes_no_parameters(app: TestApp) -> None:
    problem(ask(app, "GET", "/v1/uptime/?count=1"), 400, ("query", "count"))


def test_iostat_is_what_the_command_prints_unchanged(serve: Serve) -> None:
    app = serve(iostat="printf '\\n  Linux \\t\\302\\265\\n\\nDevice  \\n\\n'")
    assert app.get("/v1/iostat/").json == {"iostat": "\n  Linux \tµ\n\nDevice  \n\n"}


def test_iostat_has_the_shape_of_what_this_host_prints(app_on_this_host: TestApp) -> None:
    command = ["iostat", *printed(1, 1).split()]
    answer = app_on_this_host.get("/v1/iostat/").json
    assert set(answer) == {"iostat"}
    assert shape(answer["iostat"]) == host_prints(*command)
    twice = app_on_this_host.get("/v1/iostat/?count=2").json["iostat"]
    assert len(shape(twice)) > len(shape(answer["iostat"]))


@pytest.mark.parametrize(
    ("query", "count", "wait"),
    [
        ("", 1, 1),
        ("?", 1, 1),
        ("?count=2", 2, 1),
        ("?wait=1", 1, 1),
        ("?count=1&wait=1", 1, 1),
        ("?count=5&wait=1", 5, 1),
        ("?wait=2&count=4", 4, 2),
        ("?count=007", 7, 1),
        ("?count=00000000000000000000000000000004&wait=2", 4, 2),
        ("?%63ount=%34&wait=2", 4, 2),
    ],
)
def test_iostat_is_run_for_count_reports_wait_seconds_apart(
    app: TestApp, query: str, count: int, wait: int
) -> None:
    assert app.get(f"/v1/iostat/{query}").json == {"iostat": printed(count, wait)}
