"""Requests for users, and how their refusals are checked."""

from __future__ import annotations

from typing import Any

from webtest import TestApp

from tests.support.client import authorization


def ask(app: TestApp, method: str, path: str, body: str = "", who: str = "root") -> Any:
    sent = {"body": body.encode(), "content_type": "application/x-www-form-urlencoded"}
    headers = authorization(f"{who}:{who}") if who else {}
    client = TestApp(app.app)  # one for each thread
    return client.request(path, method=method, headers=headers, expect_errors=True, **sent)


def is_unavailable(answer: Any) -> bool:
    assert answer.status_int == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    return True


ANN = "username=ann&password=p&fullname=Ann"
