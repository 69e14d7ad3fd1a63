"""What a quick metric gave is shown again for a second, and says how old it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyramid.request import Request
from webtest import TestApp

from sysmon_core import Integer, Metric, Params
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.metrics.registry import Registry, Source
from tests.conftest import MakeApp, MakeSettings, until
from tests.support.client import basic

AddUser = Callable[..., Any]
SOURCE = Source("test", "the test itself", "0")


class Depth(Params):
    depth: Integer = 1


class Sea:
    """Metrics that count how often they were collected."""

    def __init__(self) -> None:
        self.runs = 0

    def collect(self, params: Depth, _run: object) -> str:
        self.runs += 1
        if params.depth == 13:
            raise ValueError("too deep")
        return f"{self.runs}"

    def registry(self) -> Registry:
        new = Metric(name="new", title="", params=Depth, function=self.collect)
        kept = replace(new, name="kept", lifetime=1)
        hour = replace(new, name="hour", lifetime=3600)
        long = replace(new, name="long", duration=lambda _: 1)
        return Registry((one, SOURCE) for one in (kept, hour, new, long))


@pytest.fixture
def sea() -> Sea:
    return Sea()


@pytest.fixture
def app(make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str, sea: Sea) -> TestApp:
    return make_testapp(make_settings(redis_url=redis_url), sea.registry())


def test_many_requests_within_a_second_get_one_report(app: TestApp, sea: Sea) -> None:
    began, asked = time.monotonic(), 0
    while time.monotonic() - began < 0.3 or asked < 3:
        answer = app.get("/v1/kept/")
        asked += 1
        assert answer.headers["Cache-Control"] == "max-age=1"
        assert answer.headers["Age"] in {"0", "1"}
    assert sea.runs <= 1 + int(time.monotonic() - began)


def test_after_a_second_there_is_a_new_report(app: TestApp) -> None:
    first = app.get("/v1/kept/").json
    began = time.monotonic()
    until(lambda: app.get("/v1/kept/").json != first)
    assert time.monotonic() - began < 5


def test_all_versions_show_the_same_report(app: TestApp, sea: Sea, add_user: AddUser) -> None:
    app.authorization = add_user("ann", "p")
    answers = [app.get(f"/{version}/hour/") for version in ("v1", "v2", "v3")]
    assert [answer.json for answer in answers] == [{"hour": "1"}] * 3
    assert sea.runs == 1
    assert answers[-1].headers["Cache-Control"] == "private, max-age=3600"


def test_each_answer_has_an_id_of_its_own_and_all_other_headers(app: TestApp) -> None:
    answers = [app.get("/v1/kept/", headers={"X-Request-Id": f"request-{n}"}) for n in range(3)]
    assert [one.headers["X-Request-Id"] for one in answers] == [f"request-{n}" for n in range(3)]
    for name in ("Content-Type", "Content-Length", "X-Content-Type-Options", "Cache-Control"):
        assert len({answer.headers[name] for answer in answers}) == 1
        assert [len(answer.headers.getall(name)) for answer in answers] == [1] * 3


def test_other_params_are_another_report(app: TestApp, sea: Sea) -> None:
    texts = {app.get(f"/v1/kept/?depth={n}").text for n in range(5)}
    assert len(texts) == sea.runs == 5


def test_refusals_and_failures_are_not_cached(app: TestApp, sea: Sea) -> None:
    for _ in range(3):
        app.get("/v1/kept/?depth=x", status=400)
        answer = app.get("/v1/kept/?depth=13", status=502)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Age" not in answer.headers
        app.get("/v1/kept/", headers={"Accept": "text/html"}, status=406)
    assert sea.runs == 3


def test_a_cached_answer_is_for_get_alone_and_head_has_its_headers(app: TestApp) -> None:
    length = app.get("/v1/kept/").headers["Content-Length"]
    app.post("/v1/kept/", status=405)
    head = app.head("/v1/kept/")
    assert head.text == ""
    assert head.headers["Content-Length"] == length
    assert head.headers["Cache-Control"] == "max-age=1"
    assert app.get("/v1/kept/").text


def test_without_a_lifetime_each_request_has_its_own_run(app: TestApp) -> None:
    answers = [app.get("/v1/new/") for _ in range(3)] + [app.get("/v1/long/") for _ in range(3)]
    assert len({answer.text for answer in answers}) == 6
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_a_cached_answer_for_users_is_shown_to_users_alone(app: TestApp, add_user: AddUser) -> None:
    user = add_user("ann", "p")
    for _ in range(2):
        app.authorization = user
        app.get("/v3/kept/", status=200)
        app.authorization = ("Basic", ("ann", "wrong"))
        app.get("/v3/kept/", status=401)
        app.authorization = None
        app.get("/v3/kept/", status=401)


def test_a_cached_answer_is_counted_by_its_route(app: TestApp) -> None:
    for _ in range(3):
        app.get("/v1/kept/")
    name = 'sysmon_requests_total{method="GET",route="/v1/kept/",status="200"}'
    assert f"{name} 3.0" in app.get("/metrics").text


def at_once(app: TestApp, path: str, **headers: str) -> int | None:
    """The status if the server's own thread answers; None if a pool has to."""
    environ = Request.blank(path, headers=headers, environ={"REMOTE_ADDR": "127.0.0.1"}).environ
    statuses: list[int] = []
    body = app.app(environ, lambda status, *_: statuses.append(int(status[:3])))
    if isinstance(body, Deferred):
        return None
    return statuses[-1]


def test_an_answer_is_cached_for_its_own_prefix_alone(
    make_settings: MakeSettings, make_testapp: MakeApp, sea: Sea
) -> None:
    app = make_testapp(make_settings(trusted_proxies="127.0.0.1"), sea.registry())
    app.extra_environ["REMOTE_ADDR"] = "127.0.0.1"
    for prefix in ("", "/mon"):
        below = {"X-Forwarded-Prefix": prefix}
        assert at_once(app, "/v1/hour/", **below) is None
        app.get("/v1/hour/", headers=below)
        assert at_once(app, "/v1/hour/", **below) == 200


def soon(app: TestApp, path: str, **headers: str) -> bool:
    """Whether it is given at once after it was asked for; a second may just be over."""
    for _ in range(20):
        app.get(path, headers=headers, expect_errors=True)
        if at_once(app, path, **headers) == 200:
            return True
    return False


def test_only_a_cached_answer_is_given_by_the_servers_own_thread(app: TestApp, sea: Sea) -> None:
    assert at_once(app, "/v1/kept/") is None
    assert sea.runs == 0
    assert soon(app, "/v1/kept/")
    assert not soon(app, "/v1/kept/?depth=x")
    assert not soon(app, "/v1/new/")
    assert at_once(app, "/v1/kept/", Host="elsewhere") == 421


def test_only_known_credentials_get_a_cached_answer_at_once(
    app: TestApp, add_user: AddUser, database_url: str
) -> None:
    add_user("ann", "p")
    right, wrong = basic("ann:p"), basic("ann:q")
    assert at_once(app, "/v3/kept/") == 401
    assert at_once(app, "/v3/kept/", Authorization=right) is None
    known = not database_url  # SQLite alone can tell that nothing has changed
    assert soon(app, "/v3/kept/", Authorization=right) is known
    assert at_once(app, "/v3/kept/", Authorization=wrong) is None
    add_user("eve", "p")
    assert at_once(app, "/v3/kept/", Authorization=right) is None
    assert soon(app, "/v3/kept/", Authorization=right) is known
