"""Log-ins that begin a session."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp, MakeSettings
from tests.functional.sessions.conftest import COOKIE, Browse, Browser, cookie_of
from tests.support.client import authorization

PROXY = "192.0.2.1"
LOGIN = {"username": "ann", "password": "secret"}
ME = {"username": "ann", "fullname": "Ann", "admin": False, "by": "session"}
ME |= {"scope": "all", "metrics": ["*"]}


def test_a_log_in_begins_a_session_for_version_4(browse: Browse) -> None:
    browser = browse()
    assert browser.status() == 401
    begun = browser.log_in()
    assert (begun.status_int, begun.json) == (200, ME)
    assert begun.headers["Cache-Control"] == "no-store"
    assert browser("GET", "me").json == ME
    assert browser("POST", "tokens/", {"name": "x"}).status_int == 201
    assert browser.status("/v3/users/") == 401
    assert browse().status() == 401


def test_a_form_will_do(app: TestApp) -> None:
    begun = app.post("/session", LOGIN)
    assert (begun.json, app.get("/v4/me").json) == (ME, ME)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("prefix", ["", "/mon"])
def test_no_script_reads_the_cookie_and_no_other_site_brings_it(
    scheme: str, prefix: str, app: TestApp, config: Settings, make_testapp: MakeApp
) -> None:
    proxied = make_testapp(config.model_copy(update={"trusted_proxies": (PROXY,)}))
    headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-Prefix": prefix}
    environ = {"REMOTE_ADDR": PROXY}
    begun = proxied.post_json("/session", LOGIN, headers=headers, extra_environ=environ)
    headers["Cookie"] = f"{COOKIE}=x"
    ended = proxied.delete("/session", headers=headers, extra_environ=environ, status=204)
    for answer in (begun, ended):
        cookie = cookie_of(answer)
        assert cookie is not None
        assert cookie["path"] == (prefix or "/")
        assert cookie["samesite"] == "Strict"
        assert cookie["httponly"] is True
        assert bool(cookie["secure"]) is (scheme == "https")
        assert not cookie["domain"]
        assert cookie["max-age"] == ("" if answer is begun else "0")


@pytest.mark.parametrize("login", [("ann", "wrong"), ("nobody", "secret"), ("-", "secret")])
def test_a_wrong_log_in_is_a_401_at_which_no_browser_asks(
    browse: Browse, login: tuple[str, str], log_lines: LogLines
) -> None:
    refused = browse().log_in(*login)
    assert (refused.status_int, refused.json["code"]) == (401, "login-refused")
    assert refused.headers.getall("WWW-Authenticate") == ['Bearer realm="sysmon"']
    assert cookie_of(refused) is None
    lines = [line for line in log_lines() if line["message"] == "login.refused"]
    assert [line["user"] for line in lines] == ["ann" if login[0] == "ann" else "unknown"]


@pytest.mark.parametrize(
    "fields", [{}, {"username": "ann"}, LOGIN | {"admin": True}, LOGIN | {"password": 1}]
)
def test_what_is_no_log_in_is_a_400(browse: Browse, fields: Any) -> None:
    assert browse()("POST", "/session", fields).status_int == 400


def test_passwords_are_guessed_no_faster_than_with_basic(
    config: Settings, app: TestApp, make_testapp: MakeApp, browse: Browse
) -> None:
    few = config.model_copy(update={"guesses_per_user_and_address": "3/minute"})
    slow = make_testapp(few)
    browser = browse(slow)
    assert [browser.log_in(password="x").status_int for _ in range(4)] == [401, 401, 401, 429]
    refused = browser.log_in()
    assert (refused.status_int, cookie_of(refused)) == (429, None)
    assert int(refused.headers["Retry-After"]) >= 1
    header = authorization("ann:secret")
    assert slow.get("/v4/me", headers=header, status="*").status_int == 429
    assert browser.log_in("root").status_int == 200


def test_a_log_in_takes_over_no_secret_that_was_there_before(browse: Browse) -> None:
    planted = browse()
    planted.log_in()
    victim = browse()
    victim.cookie = planted.cookie
    assert victim.log_in("root").status_int == 200
    assert victim.cookie != planted.cookie
    assert victim("GET", "me").json["username"] == "root"
    assert planted.status() == 401, "the session that was replaced has ended"
    made_up = browse()
    made_up.cookie = f"{COOKIE}={'a' * 43}"
    assert made_up.status() == 401
    assert made_up.log_in().status_int == 200
    assert made_up.cookie != f"{COOKIE}={'a' * 43}"


def test_a_wrong_log_in_ends_no_session(browser: Browser) -> None:
    assert browser.log_in(password="wrong").status_int == 401
    assert browser.status() == 200


def test_a_session_is_asked_after_what_the_request_says_itself(
    browser: Browser, browse: Browse
) -> None:
    assert browser("GET", "me", **authorization("root:secret")).json["username"] == "root"
    wrong = browser("GET", "me", **authorization("root:wrong"))
    assert wrong.status_int == 401
    for header in ("Bearer sysmon_x", "Basic ?", "Digest x"):
        assert browser("GET", "me", Authorization=header).status_int == 401
    assert browser.status() == 200


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "a" * 5000, "ü", '"quoted"', "\x7f"])
def test_other_cookies_are_none(browse: Browse, secret: str) -> None:
    browser = browse()
    browser.cookie = f"a=b; {COOKIE}={secret}; c=d"
    refused = browser("GET", "me")
    assert refused.status_int in {400, 401}
    assert browser("DELETE", "/session").status_int in {204, 400}


def test_where_version_4_is_not_served_there_are_no_sessions(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    app = make_testapp(make_settings(versions="v1 v2 v3"))
    for method in ("POST", "DELETE"):
        assert app.request("/session", method=method, status="*").status_int == 404
