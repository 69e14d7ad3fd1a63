"""A metric that says why it cannot be had here: every surface says so, and asks once."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from webtest import TestApp

from sysmon_core import Host, Metric
from sysmon_core.cli import main
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.tasks.heartbeat import unavailable
from tests.conftest import MakeApp, MakeSettings, started_redis, until, working
from tests.functional.answers import AT_ONCE, ask, is_empty, problem
from tests.support.plugins import Site, hook

DRY = "there is no sea here: move to the coast"
NAMES = ("whale", "dive", "crab", "frog")


class Sea:
    """What the metrics are asked about; it counts how often."""

    def __init__(self) -> None:
        self.reason: str | None = DRY
        self.asked: list[str] = []

    def available(self, _host: Host) -> str | None:
        self.asked.append("whale")
        return self.reason

    def metrics(self) -> Registry:
        fields: dict[str, Any] = {"title": "Sea", "function": lambda *_: "7 m"}
        listed = [
            Metric(name="whale", available=self.available, **fields),
            Metric(
                name="dive",
                available=lambda _host: self.reason,
                duration=lambda _params: 0,
                description="How deep.",
                **fields,
            ),
            Metric(name="crab", available=lambda _host: str(1 // 0), **fields),
            Metric(name="frog", available=lambda _host: None, **fields),
        ]
        source = Source("sea", "ocean", "1.2")
        return Registry((metric, source) for metric in listed)


@pytest.fixture
def sea() -> Sea:
    return Sea()


@pytest.fixture
def app(make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str, sea: Sea) -> TestApp:
    return make_testapp(make_settings(redis_url=redis_url), sea.metrics())


def test_it_is_a_501_with_the_sentence_that_starts_nothing(app: TestApp, redis_url: str) -> None:
    for path in ("/v1/whale/", "/v2/whale/", "/v1/dive/", "/v2/dive/"):
        assert problem(ask(app, "GET", path), 501) == DRY
    assert problem(ask(app, "POST", "/v2/dive/"), 501) == DRY
    assert is_empty(redis_url)
    for path in ("/v1/frog/", "/v2/frog/"):
        assert app.get(path).json == {"frog": "7 m"}


def test_a_question_that_fails_fails_its_metric_alone(app: TestApp) -> None:
    for path in ("/v1/crab/", "/v2/crab/"):
        detail = problem(ask(app, "GET", path), 502)
        assert "The metric crab failed: it failed to look for what it needs" in detail
        assert "ZeroDivisionError" in detail
    assert app.get("/v1/frog/").json == {"frog": "7 m"}


def test_the_lists_of_versions_1_to_3_stay_as_they_are(app: TestApp, sea: Sea) -> None:
    for version in ("v1", "v2", "v3"):
        links = [link["rel"] for link in app.get(f"/{version}/").json["links"]]
        assert sorted(set(links) - {"users"}) == sorted(NAMES)
    assert sea.asked == []


def test_first_requests_at_once_ask_once(app: TestApp, sea: Sea) -> None:
    def first(_number: int) -> int:
        return int(TestApp(app.app).get("/v1/whale/", status="*").status_int)

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(first, range(100))) == [501] * 100
    assert sea.asked == ["whale"]


def description(app: TestApp, path: str) -> str:
    found: str = app.get("/openapi.json").json["paths"][path]["get"].get("description", "")
    return found


def test_the_document_says_so(app: TestApp) -> None:
    told = f"Not available on this host: {DRY}"
    for version in ("v1", "v2", "v3"):
        assert description(app, f"/{version}/whale/") == told
        assert description(app, f"/{version}/dive/") == f"How deep.\n\n{told}"
        assert description(app, f"/{version}/frog/") == ""
        assert description(app, f"/{version}/crab/") == ""


def test_without_redis_the_document_is_there_at_once(
    make_settings: MakeSettings, make_testapp: MakeApp, folder: Path
) -> None:
    """However many metrics are tasks: Redis is waited for once."""
    fields: dict[str, Any] = {"title": "Sea", "function": lambda *_: "", "duration": lambda _: 0}
    source = Source("sea", "ocean", "1.2")
    many = Registry((Metric(name=f"sea-{number}", **fields), source) for number in range(10))
    app = make_testapp(make_settings(), many)
    with started_redis(folder) as server:
        app.get("/v2/task/none", status=404)  # so that it is connected
        server.send_signal(signal.SIGSTOP)
        for _ in range(3):
            asked = time.monotonic()
            assert description(app, "/v2/sea-0/") == ""
            assert time.monotonic() - asked < AT_ONCE


@pytest.mark.parametrize("where", ["here", "there"])
def test_for_a_task_it_counts_what_the_host_of_the_worker_says(
    where: str, app: TestApp, make_settings: MakeSettings, redis_url: str, sea: Sea
) -> None:
    """The document follows the workers: it is made again once what they report has changed."""
    other = Sea()
    sea.reason, other.reason = (DRY, None) if where == "here" else (None, DRY)
    with working(make_settings(redis_url=redis_url), other.metrics()):
        with redis.Redis.from_url(redis_url) as client:
            until(lambda: unavailable(client))
            assert [set(one) for one in unavailable(client)] == [
                {"whale", "dive"} if where == "there" else set()
            ]
        assert ask(app, "GET", "/v1/dive/").status_int == (501 if where == "here" else 200)
        assert ask(app, "POST", "/v2/dive/").status_int == (501 if where == "there" else 201)
        until(lambda: (DRY in description(app, "/v2/dive/")) is (where == "there"))
        assert (DRY in description(app, "/v1/dive/")) is (where == "here")


PLUGIN = """
    def available(host):
        with open("asked", "a") as file:
            file.write("x")
        print("is there water?")
        return None if host.find("sea") else "there is no \\x1b[1msea " + "in the world " * 9
    return [metric("fish", available=available), metric("frog", access="admins"),
            metric("crab", available=lambda host: 1 // 0)]
"""


@pytest.fixture
def command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """The command in a folder, with these metrics installed."""
    (folder / "site").mkdir()
    site = Site(folder / "site")
    site.add(hook(PLUGIN))
    monkeypatch.syspath_prepend(folder / "site")
    monkeypatch.chdir(folder)
    environ = {"SYSMON_VAR": str(folder), "SYSMON_PLUGINS_ALLOWED": "aquarium"}

    def run(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(main, words, env=environ)
        assert done.exit_code == code, done.output
        return done

    yield run
    for module in site.modules:
        sys.modules.pop(module, None)


def test_the_command_lists_what_cannot_be_had_in_80_columns(command: Callable[..., Any]) -> None:
    lines = command("metrics").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("crab ")
    text = " ".join(line.strip() for line in lines)
    assert "    fails: The metric crab failed: it failed to look for what it needs" in lines[1]
    assert "not available: there is no \\x1b[1msea in the world in the world" in text
    assert lines[-1] == "frog  quick  fishtank 1.2  frog (for admins)"


def test_the_command_lists_it_for_programs(command: Callable[..., Any]) -> None:
    done = command("metrics", "--output", "json")
    listed = {one["name"]: one["available"] for one in json.loads(done.stdout)["metrics"]}
    assert listed["frog"] is None
    assert listed["fish"].startswith("there is no ")
    assert "ZeroDivisionError" in listed["crab"]


def test_a_run_asks_its_own_metric_alone(command: Callable[..., Any], folder: Path) -> None:
    assert command("run", "frog").stdout == "frog\n"
    assert not (folder / "asked").exists()
    refused = command("run", "fish", code=1)
    assert refused.stderr.splitlines()[-1].startswith("Error: there is no ")
    assert refused.stdout == ""
    assert (folder / "asked").read_text() == "x"


def test_the_check_passes_over_it(command: Callable[..., Any]) -> None:
    done = command("plugin", "check", "fish", code=1)  # a test's metric has no description
    assert "\n  -      behaviour    passed over: there is no " in done.stdout
    assert done.stdout.endswith(
        "\nOne thing falls short. The runs of one metric were passed over.\n"
    )
