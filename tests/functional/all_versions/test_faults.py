"""Faults of the host and of metrics in every version."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from webtest import TestApp

from sysmon_core import Metric, Run
from sysmon_core.app import make_app
from sysmon_core.metrics import loading
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.tasks.heartbeat import unavailable
from tests.conftest import MakeApp, MakePrograms, MakeSettings, started_redis, until, working
from tests.functional.answers import AT_ONCE, Serve, ask, is_empty, problem


@pytest.fixture(params=["never there", "killed", "hung"])
def app_without_redis(
    request: pytest.FixtureRequest, folder: Path, serve: Serve
) -> Iterator[TestApp]:
    """The application whose Redis is away in one way or another."""
    app = serve(redis_url="")
    if request.param == "never there":
        yield app
        return
    with started_redis(folder) as server:
        app.post("/v2/iostat/", status=201)
        server.send_signal(signal.SIGKILL if request.param == "killed" else signal.SIGSTOP)
        yield app


def test_without_redis_what_needs_it_is_a_503_at_once_and_all_else_goes_on(
    app_without_redis: TestApp, add_user: Callable[..., Any]
) -> None:
    app = app_without_redis
    needs = [("GET", "/v2/iostat/"), ("POST", "/v2/iostat/"), ("DELETE", "/v2/task/x")]
    for method, path in [*needs, ("GET", "/v2/task/x")]:
        asked = time.monotonic()
        problem(ask(app, method, path), 503)
        assert time.monotonic() - asked < AT_ONCE
    for path in ("/", "/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v2/uptime/", "/v3/"):
        app.get(path, status=200)
    problem(ask(app, "GET", "/v2/iostat/?count=0"), 400, ("query", "count"))
    app.authorization = add_user("root", "secret", admin=True)
    assert app.get("/v3/users/").json == {"users": ["root"]}
    problem(ask(app, "GET", "/v3/iostat/"), 503)


def test_without_the_database_users_are_a_503_at_once_and_all_else_goes_on(
    make_settings: MakeSettings, programs: MakePrograms, redis_url: str, folder: Path
) -> None:
    path = programs(uptime="echo up", iostat="echo Device")
    database = f"sqlite:///{folder}/none/users.sqlite"
    config = make_settings(database_url=database, redis_url=redis_url, command_path=path)
    app = TestApp(make_app(config, loading.load(config)))
    for path in ("/", "/v1/uptime/", "/v1/iostat/", "/v2/uptime/", "/v3/"):
        app.get(path, status=200)
    app.get(app.post("/v2/iostat/", status=201).location, status=200)
    app.authorization = ("Basic", ("root", "secret"))
    for path in ("/v3/users/", "/v3/uptime/"):
        asked = time.monotonic()
        problem(ask(app, "GET", path), 503)
        assert time.monotonic() - asked < AT_ONCE


def test_a_missing_program_is_a_501_that_names_its_package_and_starts_nothing(
    serve: Serve, redis_url: str, folder: Path
) -> None:
    nothing = folder / "nothing"
    nothing.mkdir()
    app = serve(command_path=nothing)
    for path in ("/v1/uptime/", "/v2/uptime/"):
        assert "procps" in problem(ask(app, "GET", path), 501)
    for method, path in (("GET", "/v1/iostat/"), ("GET", "/v2/iostat/"), ("POST", "/v2/iostat/")):
        assert "sysstat" in problem(ask(app, method, path), 501)
    assert is_empty(redis_url)
    assert app.get("/v1/").json["links"]


@pytest.mark.parametrize("where", ["here", "there"])
def test_for_a_task_it_counts_what_the_host_of_the_worker_has(
    where: str, serve: Serve, make_settings: MakeSettings, redis_url: str, folder: Path
) -> None:
    nothing = folder / "nothing"
    nothing.mkdir()
    app = serve(**({"command_path": nothing} if where == "there" else {}))
    place = nothing if where == "here" else folder / "programs"
    with working(make_settings(redis_url=redis_url, command_path=place)):
        with redis.Redis.from_url(redis_url) as client:
            until(lambda: unavailable(client))
        assert ask(app, "GET", "/v1/iostat/").status_int == (200 if where == "here" else 501)
        answer = ask(app, "POST", "/v2/iostat/")
        if where == "here":
            assert "sysstat" in problem(answer, 501)
        else:
            assert answer.status_int == 201


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo the disk is on fire >&2; exit 3", "the disk is on fire"),
        ("echo half of it; printf 'on \\377 fire' >&2; exit 1", "fire"),
        ("exit 71", "71"),
        ("kill -KILL $$", "9"),
        ("exec yes", "1000"),  # the limit that it prints more than
    ],
)
def test_a_metric_that_fails_is_a_502_that_tells_the_cause(
    serve: Serve, script: str, cause: str
) -> None:
    app = serve(uptime=script, iostat=script, output_limit=1000)
    for path in ("/v1/uptime/", "/v2/uptime/", "/v1/iostat/"):
        assert cause in problem(ask(app, "GET", path), 502)


def test_a_program_may_print_as_much_as_the_limit(serve: Serve) -> None:
    app = serve(iostat="yes | head -c 1000", uptime="yes | head -c 1001", output_limit=1000)
    assert app.get("/v1/iostat/").json == {"iostat": "y\n" * 500}
    problem(ask(app, "GET", "/v1/uptime/"), 502)


def test_a_fault_inside_a_plugin_is_a_502_too(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    def fails(_params: Any, _run: Run) -> Any:
        raise LookupError("no such sensor")

    def forgets(_params: Any, _run: Run) -> Any:
        return None

    source = Source("theirs", "theirs", "1.0")
    metrics = [Metric(name=f.__name__, title="One", function=f) for f in (fails, forgets)]
    app = make_testapp(make_settings(), Registry((metric, source) for metric in metrics))
    assert "no such sensor" in problem(ask(app, "GET", "/v1/fails/"), 502)
    problem(ask(app, "GET", "/v2/forgets/"), 502)


def test_a_metric_that_takes_longer_than_its_limit_is_a_504(serve: Serve) -> None:
    app = serve(uptime="exec sleep 60", iostat="echo Device; exec sleep 60", overrun=0.1)
    for path in ("/v1/uptime/", "/v2/uptime/", "/v1/iostat/"):
        asked = time.monotonic()
        assert problem(ask(app, "GET", path), 504)
        assert time.monotonic() - asked < AT_ONCE
