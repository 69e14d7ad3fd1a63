"""The middleware of tls_only by itself: which requests have credentials that others could read."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import PROXIED, REQUEST_ID
from sysmon_core.api.wsgi.tls_only import TlsOnly

FAR, HERE = "198.51.100.7", "127.0.0.1"
CREDENTIALS: list[dict[str, str]] = [
    {"HTTP_AUTHORIZATION": "Basic YW5uOnA="},
    {"HTTP_AUTHORIZATION": "Bearer x"},
    {"HTTP_AUTHORIZATION": ""},
    {"HTTP_COOKIE": "a=b; sysmon_session=x"},
    {"HTTP_COOKIE": "sysmon_session="},
    {"PATH_INFO": "/session", "REQUEST_METHOD": "POST"},
]
NONE: list[dict[str, str]] = [
    {},
    {"HTTP_COOKIE": "a=sysmon_session"},
    {"PATH_INFO": "/session", "REQUEST_METHOD": "DELETE"},
    {"PATH_INFO": "/session", "REQUEST_METHOD": "GET"},
    {"PATH_INFO": "/v4/session", "REQUEST_METHOD": "POST"},
]


def status(given: dict[str, str], address: str, scheme: str = "http", by: str = "client") -> int:
    asked = Request.blank("/v4/me")
    asked.environ |= {REQUEST_ID: "an-id", "REMOTE_ADDR": address, PROXIED: by == "proxy"}
    asked.environ |= {"wsgi.url_scheme": scheme, **given}
    answer: Any = asked.get_response(TlsOnly(Response("come in")))
    assert answer.status_code == 200 or answer.json["detail"].startswith("Credentials came over ")
    return int(answer.status_code)


@pytest.mark.parametrize("given", CREDENTIALS, ids=str)
def test_credentials_come_in_by_tls_or_from_this_host(given: dict[str, str]) -> None:
    assert status(given, FAR) == status(given, "2001:db8::7") == 403
    assert status(given, HERE) == status(given, "") == status(given, FAR, "https") == 200
    for address in (FAR, HERE, ""):
        assert status(given, address, "http", "proxy") == 403
        assert status(given, address, "https", "proxy") == 200


@pytest.mark.parametrize("given", NONE, ids=str)
def test_all_else_comes_in(given: dict[str, str]) -> None:
    assert status(given, FAR) == status(given, HERE, "http", "proxy") == 200
