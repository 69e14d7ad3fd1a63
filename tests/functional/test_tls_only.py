"""The setting tls_only: credentials that come in clear are refused before they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp, MakeSettings
from tests.support.client import basic

PROXY = "192.0.2.1"
SENTENCE = (
    "Credentials came over plain HTTP, where others can read them: send them by https alone, and "
    "replace those that were sent"
)
# The other end of the connection, X-Forwarded-Proto, and whether that was in clear.
CONNECTIONS: dict[str, tuple[str, str, bool]] = {
    "from afar": ("198.51.100.7", "", True),
    "from afar, and lies": ("198.51.100.7", "https", True),
    "from this host": ("127.0.0.1", "", False),
    "from this host by IPv6": ("::1", "", False),
    "by a proxy with TLS": (PROXY, "https", False),
    "by a proxy without": (PROXY, "http", True),
    "by a proxy that does not say": (PROXY, "", True),
    "by a socket": ("", "https", False),
    "by a socket without TLS": ("", "http", True),
}
LOGIN = {"username": "ann", "password": "secret"}
AddUser = Callable[..., Any]


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    trusted = f"{PROXY} unix"
    return make_settings(
        redis_url=redis_url, versions="v1 v2 v3 v4", trusted_proxies=trusted, tls_only="true"
    )


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp, add_user: AddUser) -> TestApp:
    made = make_testapp(config)
    add_user("ann", "secret")
    return made


def ask(
    app: TestApp, connection: str, path: str, fields: Any = None, **headers: str
) -> tuple[int, str]:
    address, scheme, _ = CONNECTIONS[connection]
    given = {**headers, **({"X-Forwarded-Proto": scheme} if scheme else {})}
    more = {"headers": given, "extra_environ": {"REMOTE_ADDR": address}, "status": "*"}
    answer = app.get(path, **more) if fields is None else app.post_json(path, fields, **more)
    app.reset()
    return answer.status_int, answer.json.get("detail", "")


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_no_credential_comes_in_clear(connection: str, app: TestApp, log_lines: LogLines) -> None:
    in_clear = CONNECTIONS[connection][2]
    headers = [{"Authorization": basic(f"ann:{word}")} for word in ("secret", "wrong")]
    headers += [{"Authorization": f"Bearer {word}"} for word in ("sysmon_x", "")]
    headers += [{"Cookie": "sysmon_session=x"}]
    for path in ("/v1/", "/v3/users/", "/v3/nothing", "/v4/me"):
        found = {ask(app, connection, path, **one) for one in headers}
        assert (found == {(403, SENTENCE)}) is in_clear, (path, found)
    logins = [ask(app, connection, "/session", LOGIN | {"password": w}) for w in ("secret", "x")]
    assert [status for status, _ in logins] == ([403, 403] if in_clear else [200, 401])
    refused = [line for line in log_lines() if line["message"] == "login.refused"]
    assert bool(refused) is not in_clear, "what is refused is not looked at"


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_what_needs_no_credentials_needs_no_tls(connection: str, app: TestApp) -> None:
    assert ask(app, connection, "/v1/")[0] == 200
    assert ask(app, connection, "/v3/users/")[0] == 401
    address, scheme, _ = CONNECTIONS[connection]
    ended = app.delete(
        "/session",
        headers={"X-Forwarded-Proto": scheme},
        extra_environ={"REMOTE_ADDR": address},
    )
    assert ended.status_int == 204


def test_without_the_setting_all_of_it_comes_in(
    app: TestApp, config: Settings, make_testapp: MakeApp
) -> None:
    open_to_all = make_testapp(config.model_copy(update={"tls_only": False}))
    for connection in CONNECTIONS:
        header = {"Authorization": basic("ann:secret")}
        assert ask(open_to_all, connection, "/v4/me", **header)[0] == 200
