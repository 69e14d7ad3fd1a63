"""What the page of another site can have a browser do with a session."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.sessions.conftest import Browser

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
]
OWN = [{"Origin": "http://localhost:80"}, {"Sec-Fetch-Site": "same-origin"}]
UNSAFE = [
    ("PATCH", "/v4/me", {"fullname": "Eve"}),
    ("POST", "/v4/tokens/", {"name": "eve"}),
    ("DELETE", "/v4/tokens/1", None),
]


def send(
    app: TestApp, browser: Browser, method: str, path: str, fields: Any, headers: dict[str, str]
) -> Any:
    given = {**headers, "Cookie": browser.cookie}
    if fields is None:
        return app.request(path, method=method, headers=given, status="*")
    ask = {"POST": app.post_json, "PATCH": app.patch_json}[method]
    return ask(path, fields, headers=given, status="*")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_it_changes_nothing(app: TestApp, browser: Browser, headers: dict[str, str]) -> None:
    browser("POST", "tokens/", {"name": "mine"})
    for method, path, fields in UNSAFE:
        refused = send(app, browser, method, path, fields, headers)
        assert (refused.status_int, refused.json["code"]) == (403, "cross-site")
    assert browser("GET", "me").json["fullname"] == "Ann"
    assert [one["name"] for one in browser("GET", "tokens/").json["items"]] == ["mine"]


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_our_own_page_may(app: TestApp, browser: Browser, headers: dict[str, str]) -> None:
    browser("POST", "tokens/", {"name": "mine"})
    statuses = [send(app, browser, *asked, headers).status_int for asked in UNSAFE]
    assert statuses == [200, 201, 204]


@pytest.mark.parametrize("headers", [one for one in FOREIGN if one], ids=str)
def test_it_logs_nobody_in_or_out(app: TestApp, browser: Browser, headers: dict[str, str]) -> None:
    login = {"username": "root", "password": "secret"}
    for method, fields in (("POST", login), ("DELETE", None)):
        assert send(app, browser, method, "/session", fields, headers).status_int == 403
    assert browser("GET", "me").json["username"] == "ann"


def test_it_may_look_though_no_browser_shows_it_what_there_is(
    app: TestApp, browser: Browser
) -> None:
    looked = send(app, browser, "GET", "/v4/me", None, {"Sec-Fetch-Site": "cross-site"})
    assert looked.status_int == 200
    assert looked.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name in looked.headers if name.startswith("Access-Control-")]
