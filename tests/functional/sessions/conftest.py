"""Applications that serve versions 3 and 4, with the users ann and root, and browsers for them."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakeSettings

COOKIE = "sysmon_session"
OWN_PAGE = {"Origin": "http://localhost:80"}
Browse = Callable[..., "Browser"]
AddUser = Callable[..., Any]


class Browser:
    """One that keeps the cookie of a session, and says which page asks."""

    def __init__(self, app: TestApp) -> None:
        self._app = app
        self.cookie = ""

    def __call__(self, method: str, path: str, fields: Any = None, **headers: str) -> Any:
        path = path if path.startswith("/") else f"/v4/{path}"
        given = {**OWN_PAGE, **headers} | ({"Cookie": self.cookie} if self.cookie else {})
        send = self._app.request if fields is None else getattr(self._app, SENDERS[method])
        more = {"method": method} if fields is None else {"params": fields}
        answer = send(path, headers=given, status="*", **more)
        self._app.reset()  # the jar of WebTest, which is not used
        if (found := cookie_of(answer)) is not None:
            self.cookie = f"{COOKIE}={found.value}" if found.value else ""
        return answer

    def log_in(self, name: str = "ann", password: str = "secret") -> Any:
        return self("POST", "/session", {"username": name, "password": password})

    def status(self, path: str = "me") -> int:
        return int(self("GET", path).status_int)


SENDERS = {"POST": "post_json", "PUT": "put_json", "PATCH": "patch_json"}


def cookie_of(answer: Any) -> Morsel[str] | None:
    """The cookie of a session that an answer sets."""
    lines = answer.headers.getall("Set-Cookie")
    assert len(lines) <= 1
    return SimpleCookie(lines[0])[COOKIE] if lines else None


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    return make_settings(redis_url=redis_url, versions="v3 v4")


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp, add_user: AddUser) -> TestApp:
    made = make_testapp(config)
    add_user("ann", "secret")
    add_user("root", "secret", admin=True)
    return made


@pytest.fixture
def browse(app: TestApp) -> Browse:
    """Make a browser; of another application on the same database if one is given."""
    return lambda other=app: Browser(other)


@pytest.fixture
def browser(browse: Browse) -> Browser:
    """A browser that ann has logged in with."""
    made = browse()
    assert made.log_in().status_int == 200
    return made
