"""Problems of version 4: each has a name, whichever layer makes it, and a page."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.v4.conftest import Serve, dive, pond


@pytest.mark.parametrize(
    ("method", "path", "more", "code"),
    [
        ("GET", "/v4/none", {}, "not-found"),
        ("GET", "/v4/metrics/none", {}, "not-found"),
        ("POST", "/v4/metrics/", {}, "method-not-allowed"),
        ("GET", "/v4/metrics/", {"Accept": "image/png"}, "not-acceptable"),
        ("GET", "/v4/metrics/pond/report", {"Accept": "image/png"}, "not-acceptable"),
        ("GET", "/v4/metrics/", {"Host": "evil.example"}, "misdirected-request"),
        ("GET", "/v4/metrics/?a=%FF", {}, "bad-request"),
        ("GET", "/v4/metrics/?a=b", {}, "invalid-input"),
        ("GET", "/v4/metrics/dive/report?dives=20", {}, "run-too-long"),
        ("GET", "/v4/metrics/pond/report?host=mars", {}, "host-not-found"),
    ],
)
def test_each_layer_names_its_problems(
    serve: Serve, method: str, path: str, more: dict[str, str], code: str
) -> None:
    app = serve(pond(), dive(), sync_limit=5)
    answer = app.request(path, method=method, headers=more, status="*")
    told = answer.json
    assert answer.content_type == "application/problem+json"
    assert (told["code"], told["type"]) == (code, f"/problems/{code}")
    page = app.get(told["type"], headers={"Accept": "application/json"}).json
    assert page["status"] == told["status"] == answer.status_int


def failing(kind: str) -> Any:
    def function(_params: object, _run: object) -> str:
        raise ValueError(kind)

    return function


def test_what_a_plugin_does_wrong_has_a_name_and_no_traceback(serve: Serve) -> None:
    app = serve(pond(function=failing("no water")))
    told = app.get("/v4/metrics/pond/report", status=502).json
    assert told["code"] == "plugin-fault"
    assert "Traceback" not in told["detail"]


def test_the_type_has_the_prefix(serve: Serve) -> None:
    app = serve(trusted_proxies="192.0.2.1")
    proxied = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PREFIX": "/ops"}
    told = app.get("/v4/none", extra_environ=proxied, status=404).json
    assert told["type"] == "/ops/problems/not-found"
    assert app.get("/ops/v4/none", extra_environ=proxied, status=404).json["type"] == told["type"]


def test_a_path_of_no_version_says_nothing_beyond_the_status(app: TestApp) -> None:
    told = app.get("/none", status=404).json
    assert told["type"] == "about:blank"
    assert "code" not in told
