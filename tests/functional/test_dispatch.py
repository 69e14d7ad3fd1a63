"""Whose threads answer: nothing that may wait holds up the server's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from pyramid.request import Request
from webtest import TestApp

from sysmon_core import Integer, Metric, Params
from sysmon_core.api.framework.work import QUEUE_REQUESTS
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.server.options import Options
from tests.conftest import MakeApp, MakeSettings, until
from tests.support.serving import HOST, PATIENCE, served

SOURCE = Source("test", "the test itself", "0")
MANY = 50


class Depth(Params):
    depth: Integer = 1


class Sea:
    """A quick metric whose runs last until they are let go; it knows how many are under way."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.under_way = self.most = self.runs = 0
        self._lock = threading.Lock()

    def collect(self, _params: Depth, _run: object) -> str:
        with self._lock:
            self.under_way += 1
            self.runs += 1
            self.most = max(self.most, self.under_way)
        self.let_go.wait(PATIENCE)
        with self._lock:
            self.under_way -= 1
        return "deep"


@pytest.fixture
def sea() -> Iterator[Sea]:
    made = Sea()
    yield made
    made.let_go.set()


@pytest.fixture
def app(sea: Sea, make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str) -> TestApp:
    slow = Metric(name="slow", title="", params=Depth, function=sea.collect, lifetime=1)
    fast = Metric(name="fast", title="", function=lambda _params, _run: "shallow")
    long = Metric(name="long", title="", function=sea.collect, duration=lambda _: 1)
    metrics = Registry([(one, SOURCE) for one in (slow, fast, long)])
    settings = make_settings(redis_url=redis_url, quick_runs=2, overrun=PATIENCE)
    return make_testapp(settings, metrics)


def get(port: int, path: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def is_deferred(app: TestApp, method: str, path: str, **environ: Any) -> bool:
    request = Request.blank(path, method=method, environ={"REMOTE_ADDR": HOST, **environ})
    return isinstance(app.app(request.environ, lambda *_: lambda _data: None), Deferred)


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/v1/", "/v2/", "/v3/", "/nothing", "/v3/users/", "/v1/fast"]
)
def test_what_never_waits_is_answered_at_once(path: str, app: TestApp) -> None:
    assert not is_deferred(app, "GET", path)
    assert not is_deferred(app, "HEAD", path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v1/fast/"), ("HEAD", "/v1/fast/"), ("GET", "/v1/long/"), ("GET", "/v2/long/")),
        *(("POST", "/v2/long/"), ("GET", "/v2/task/x"), ("DELETE", "/v2/task/x")),
        *(("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/openapi.json")),
    ],
)
def test_what_may_wait_is_deferred(method: str, path: str, app: TestApp) -> None:
    assert is_deferred(app, method, path)


def test_runs_of_one_metric_hold_up_nothing_else(app: TestApp, sea: Sea) -> None:
    with served(app.app) as port, ThreadPoolExecutor(MANY) as clients:
        asked = [clients.submit(get, port, f"/v1/slow/?depth={n}") for n in range(MANY)]
        until(lambda: sea.under_way == 2)
        for path in ("/livez", "/v1/fast/", "/v2/", "/nothing"):
            assert get(port, path) == (404 if path == "/nothing" else 200)
        assert sea.most == 2
        sea.let_go.set()
        assert {one.result() for one in asked} == {200}
    assert sea.runs == MANY
    assert sea.most == 2


def test_those_who_ask_the_same_share_one_run(app: TestApp, sea: Sea) -> None:
    with served(app.app) as port, ThreadPoolExecutor(MANY) as clients:
        asked = [clients.submit(get, port, "/v1/slow/") for _ in range(MANY)]
        until(lambda: sea.under_way == 1)
        sea.let_go.set()
        assert {one.result() for one in asked} == {200}
    assert sea.runs < MANY / 2, "a second may pass now and then, but no run was for one alone"


def test_one_class_of_work_may_take_half_of_what_can_be_connected() -> None:
    assert Options.model_fields["connection_limit"].default == QUEUE_REQUESTS * 2


def test_a_queue_that_is_full_refuses_at_once(app: TestApp) -> None:
    for number in range(QUEUE_REQUESTS + 2):
        assert is_deferred(app, "GET", f"/v1/slow/?depth={number}")
    refused = app.get("/v1/slow/", status=503)
    assert int(refused.headers["Retry-After"]) > 0
    assert app.get("/v1/fast/").status_int == 200
