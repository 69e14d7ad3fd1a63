"""nginx: a page logs in over TLS, and sysmon knows that it was TLS."""

from __future__ import annotations

import http.client
import json

from tests.conftest import PATIENCE
from tests.live.nginx.conftest import NAME, PREFIX, proxied
from tests.support.client import HOST, asked, basic
from tests.support.site import BIN


def test_credentials_come_by_tls_alone_and_the_cookie_stays_there() -> None:
    with proxied(versions="v4", tls_only="true") as proxy:
        server = proxy.server
        server.said(BIN / "sysmon", "database", "upgrade")
        server.said(BIN / "sysmon", "user", "add", "ann", "--password-file", "-", typed="secret")
        login = json.dumps({"username": "ann", "password": "secret"}).encode()
        headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "http"}
        begun = proxy("POST", f"{PREFIX}/session", body=login, headers=headers)
        assert begun.status == 200
        cookie, *attributes = begun.headers["Set-Cookie"].split("; ")
        assert {one.lower() for one in attributes} == {
            *("httponly", "secure", "samesite=strict", f"path={PREFIX}")
        }
        assert proxy.get(f"{PREFIX}/v4/me", Cookie=cookie).json["by"] == "session"
        assert proxy.get("/v4/me", Authorization=basic("ann:secret")).json["by"] == "basic"
        # Whoever passes a request on without saying how it came is as good as in clear.
        connection = http.client.HTTPConnection(HOST, server.port, timeout=PATIENCE)
        given = {"Host": NAME, "Authorization": basic("ann:secret")}
        refused = asked(connection, "GET", "/v4/me", None, given)
        assert (refused.status, refused.json["code"]) == (403, "credentials-in-clear")
