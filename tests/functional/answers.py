"""How the application is asked, and how an answer is checked."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import redis
from webtest import TestApp

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


PROXY, OTHER_PROXY, STRANGER = "192.0.2.1", "192.0.2.2", "192.0.2.3"


Serve = Callable[..., TestApp]


def problem(answer: Any, status: int, *faults: tuple[str, str]) -> str:
    """Hold an answer to RFC 9457 and to the faults it must name; gives its detail."""
    assert answer.status_int == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json
    optional = {"errors"} if status == 400 else set()
    assert set(told) - optional == {"type", "title", "status", "detail", "instance"}
    assert (told["status"], told["title"]) == (status, HTTPStatus(status).phrase)
    assert all(told[name] and isinstance(told[name], str) for name in ("type", "instance"))
    assert "Traceback" not in answer.text
    if faults:
        assert sorted((fault["in"], fault["name"]) for fault in told["errors"]) == sorted(faults)
        assert all(set(fault) == {"in", "name", "detail"} for fault in told["errors"])
        assert all(fault["detail"] for fault in told["errors"])
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    assert isinstance(told["detail"], str)
    return told["detail"]


def ask(app: TestApp, method: str, path: str, **more: Any) -> Any:
    return app.request(path, method=method, expect_errors=True, **more)


def is_empty(redis_url: str) -> bool:
    """Whether nothing was started: no task, no message to a worker."""
    with redis.Redis.from_url(redis_url) as client:
        return not client.keys()


AT_ONCE = 3.0  # seconds: an answer that waits for nobody, on a busy machine


def send(app: TestApp, body: bytes, kind: str | None, path: str = "/v2/iostat/") -> Any:
    headers = {} if kind is None else {"Content-Type": kind}
    return ask(app, "POST", path, body=body, headers=headers)
