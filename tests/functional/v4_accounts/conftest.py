"""An application that serves versions 3 and 4, with the users ann and root, an admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakeSettings
from tests.support.client import basic

ANN, ROOT = basic("ann:secret"), basic("root:secret")
Ask = Callable[..., Any]
AddUser = Callable[..., Any]


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    return make_settings(redis_url=redis_url, versions="v3 v4", password_min_length=6)


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp, add_user: AddUser) -> TestApp:
    made = make_testapp(config)
    made.extra_environ["REMOTE_ADDR"] = "10.0.0.1"
    add_user("ann", "secret")
    add_user("root", "secret", admin=True)
    return made


@pytest.fixture
def ask(app: TestApp) -> Ask:
    return asker(app)


def asker(app: TestApp) -> Ask:
    """A function that asks as ann, or whoever the header is of; a dict is sent as JSON."""

    def ask(method: str, path: str, fields: Any = None, who: str = ANN, **headers: str) -> Any:
        more = {"status": "*", "headers": {"Authorization": who, **headers} if who else headers}
        path = path if path.startswith("/") else f"/v4/{path}"
        if fields is None:
            return app.request(path, method=method, **more)
        send = {"POST": app.post_json, "PUT": app.put_json, "PATCH": app.patch_json}[method]
        return send(path, fields, **more)

    return ask


def bearer(ask: Ask, who: str = ANN, **fields: Any) -> str:
    """The header of a new token."""
    made = ask("POST", "tokens/", {"name": "a job", **fields}, who)
    assert made.status_int == 201, made.text
    return f"Bearer {made.json['token']}"


def refusal(answer: Any) -> tuple[int, str]:
    """The status and the code of a problem."""
    assert answer.content_type == "application/problem+json"
    return answer.status_int, answer.json["code"]


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_int == 400, answer.text
    return [(error["in"], error["name"]) for error in answer.json["errors"]]
