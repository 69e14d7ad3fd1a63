"""Version 1: every metric answers while its caller waits."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from sysmon_core import Metric, Report, Run
from sysmon_core.metrics import registry
from sysmon_core.metrics.registry import Registry
from tests.conftest import METRICS, MakeApp, MakePrograms, MakeSettings, until
from tests.functional.test_all_versions import Serve, ask, problem

# As they stand in a query string; the last four are 4 and 2 in the digits of other scripts.
NOT_WHOLE = ["1.5", "abc", "", "1e3", "0x10", "1_000", "%204", "4%20", "+5", "%2B5", "4,0"]
NOT_WHOLE += ["--1", "1-", "1.", "%C2%A04", "%D9%A4", "%E0%A5%AA", "%EF%BC%94", "%C2%B2"]
UNREADABLE = ["4%0a", "4%00", "%0a4", "4%ff"]
TOO_SMALL = ["0", "-1", "00", "-0"]
NAMED = [
    ("cuont=2", ["cuont"]),
    ("Count=2", ["Count"]),
    ("WAIT=1&COUNT=1", ["WAIT", "COUNT"]),
    ("count=2&x=1&y=1", ["x", "y"]),
    ("=1", [""]),
    ("count%5B%5D=2", ["count[]"]),
    ("count=2&count=2", ["count"]),
    ("count=1&count=2&wait=1&wait=1", ["count", "wait"]),
    ("count=a&wait=b", ["count", "wait"]),
    ("count", ["count"]),
]


def printed(count: int, wait: int) -> str:
    """What a fake iostat that prints its arguments is to print."""
    linux, macos = f"-d {wait} {count}\n", f"-d -c {count} -w {wait}\n"
    return macos if sys.platform == "darwin" else linux


@pytest.fixture
def serve(make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms) -> Serve:
    """Make the application on programs that answer as told; it has no Redis and needs none."""

    def make(iostat: str = 'echo "$*"', uptime: str = "echo up", **values: object) -> TestApp:
        path = programs(iostat=iostat, uptime=uptime)
        return make_testapp(make_settings(command_path=path, **values))

    return make


@pytest.fixture
def app(serve: Serve) -> TestApp:
    return serve()


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
    found = registry.load(config)
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


def test_what_is_no_whole_number_from_one_on_is_a_400_naming_it(
    app: TestApp, subtests: pytest.Subtests
) -> None:
    for value in NOT_WHOLE + TOO_SMALL:
        with subtests.test(value):
            problem(ask(app, "GET", f"/v1/iostat/?count={value}"), 400, ("query", "count"))
            problem(ask(app, "GET", f"/v1/iostat/?count=2&wait={value}"), 400, ("query", "wait"))
            problem(ask(app, "GET", f"/v1/iostat/?wait={value}"), 400, ("query", "wait"))


def test_a_value_with_what_nobody_can_read_is_a_400(app: TestApp) -> None:
    for value in UNREADABLE:
        problem(ask(app, "GET", f"/v1/iostat/?count={value}"), 400)
        problem(ask(app, "GET", f"/v1/iostat/?count=2&wait={value}"), 400)


@pytest.mark.parametrize("query", ["wait=2", "count=1&wait=2", "wait=30&count=1"])
def test_a_single_report_has_nothing_to_wait_for(app: TestApp, query: str) -> None:
    problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400, ("query", "wait"))


def test_a_parameter_unknown_or_given_twice_is_a_400_naming_it(
    app: TestApp, subtests: pytest.Subtests
) -> None:
    for query, names in NAMED:
        with subtests.test(query):
            faults = [("query", name) for name in names]
            problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400, *faults)


def test_a_semicolon_parts_no_parameters(app: TestApp) -> None:
    problem(ask(app, "GET", "/v1/iostat/?count=2;wait=1"), 400, ("query", "count"))


def test_a_run_beyond_the_synchronous_limit_is_a_400_that_shows_the_way(app: TestApp) -> None:
    for query in ("count=31", "count=4&wait=10", "count=2&wait=30"):
        app.get(f"/v1/iostat/?{query}", status=200)
    for query in ("count=32", "count=4&wait=11", "count=2&wait=31", f"count={'9' * 18}"):
        answer = ask(app, "GET", f"/v1/iostat/?{query}")
        names = [pair.partition("=")[0] for pair in query.split("&")]
        detail = problem(answer, 400, *(("query", name) for name in names))
        assert re.search(r"\b30\b", detail)
        assert "/v2/iostat/" in detail


def test_the_limit_holds_for_the_longest_of_numbers(app: TestApp) -> None:
    for query in (f"count={'9' * 30}", f"count=2&wait={'9' * 400}"):
        assert "/v2/iostat/" in problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400)


def test_the_synchronous_limit_is_a_setting(serve: Serve) -> None:
    app = serve(sync_limit=7)
    app.get("/v1/iostat/?count=8", status=200)
    assert re.search(r"\b7\b", problem(ask(app, "GET", "/v1/iostat/?count=9"), 400))


def test_more_runs_at_once_than_the_setting_are_a_503_and_quick_ones_go_on(
    serve: Serve, folder: Path
) -> None:
    held = f"touch {folder}/ran.$$; until [ -e {folder}/go ]; do sleep 0.02; done; echo done"
    app = serve(iostat=held, sync_runs=2)
    with ThreadPoolExecutor(2) as pool:
        first = [pool.submit(app.get, "/v1/iostat/") for _ in range(2)]
        try:
            until(lambda: len(list(folder.glob("ran.*"))) == 2)
            for _ in range(3):
                problem(ask(app, "GET", "/v1/iostat/?count=2"), 503)
            problem(ask(app, "GET", "/v1/iostat/?count=0"), 400, ("query", "count"))
            assert app.get("/v1/uptime/").json == app.get("/v2/uptime/").json == {"uptime": "up"}
        finally:
            (folder / "go").touch()
    assert [run.result().json for run in first] == [{"iostat": "done\n"}] * 2
    assert app.get("/v1/iostat/").json == {"iostat": "done\n"}
    assert len(list(folder.glob("ran.*"))) == 3  # what was refused was not run


@pytest.mark.parametrize(
    ("script", "overrun", "status"), [("exit 1", 10, 502), ("exec sleep 60", 0.1, 504)]
)
def test_a_run_that_fails_or_hangs_gives_its_slot_back(
    serve: Serve, script: str, overrun: float, status: int
) -> None:
    app = serve(iostat=script, sync_runs=1, overrun=overrun)
    for _ in range(3):
        problem(ask(app, "GET", "/v1/iostat/"), status)


NUMBERS = st.one_of(
    st.none(),
    st.integers(-2, 40).map(str),
    st.from_regex(r"[+\-]?\d{1,3}[ \n.e_]?\d?", fullmatch=True),
    st.text(st.characters(codec="utf-8"), max_size=8),
)


def allowed(count: str | None, wait: str | None) -> bool:
    """The rule of the parameters, said once more."""
    words = [word for word in (count, wait) if word is not None]
    if not all(re.fullmatch("[0-9]+", word) and int(word) >= 1 for word in words):
        return False
    reports, seconds = int(count or 1), int(wait or 1)
    return (reports > 1 or seconds == 1) and seconds * (reports - 1) <= 30


@given(count=NUMBERS, wait=NUMBERS)
def test_any_text_as_a_parameter_is_a_200_or_a_400_as_the_rule_says(
    app: TestApp, count: str | None, wait: str | None
) -> None:
    sent = {"count": count, "wait": wait}
    query = urlencode({name: value for name, value in sent.items() if value is not None})
    answer = ask(app, "GET", f"/v1/iostat/?{query}")
    if allowed(count, wait):
        assert answer.json == {"iostat": printed(int(count or 1), int(wait or 1))}
    else:
        problem(answer, 400)
