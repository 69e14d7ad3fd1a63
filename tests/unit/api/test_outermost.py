"""The outermost middleware: ids, hosts, failures, paths and locations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from sysmon_core.api.wsgi.outermost import SECURITY
from tests.conftest import LogLines

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from tests.unit.api.wsgi_applications import PROXY, TROUBLE, call, echo, failing


def failing_late(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    raise ValueError(TROUBLE)


def sends(location: str, header: str = "Location") -> WSGIApplication:
    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("301 Moved Permanently", [(header, location), ("X-Other", location)])
        return [b""]

    return app


def test_every_request_has_an_id_of_its_own_that_the_answer_tells() -> None:
    ids = set()
    for _ in range(10):
        answer = call(echo)
        assert answer.headers["X-Request-Id"] == answer.json["sysmon.request_id"]
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
        ids.add(answer.headers["X-Request-Id"])
    assert len(ids) == 10


@pytest.mark.parametrize("given", ["0f9c2b77", "a.b-c_D" * 3, "x" * 64])
def test_a_client_may_bring_an_id_of_its_own(given: str) -> None:
    assert call(echo, HTTP_X_REQUEST_ID=given).headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f", "ünsound-id", "a\nforged-line"]
)
def test_an_id_that_a_log_could_not_bear_is_replaced(given: str) -> None:
    assert call(echo, HTTP_X_REQUEST_ID=given).headers["X-Request-Id"] != given


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:6543", "localhost.", "127.0.0.1", "10.1.2.3:80", "[::1]:6543"),
        *("[2001:db8::7]", "mon.example", "Mon.Example:443", None),
    ],
)
def test_a_host_that_is_this_one_comes_in(host: str | None) -> None:
    assert call(echo, HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "localhost.evil.example", "mon.example.evil", "evil.example:6543"),
        *("::1", "localhost:x", "a b", "localhost:1:2", "127.0.0.1.evil.example", "127.1"),
        *("0x7f000001", "user@localhost", "localhost/", "[localhost]", "mon.example evil.example"),
        *("[127.0.0.1]", "[127.0.0.1]:6543", "[]", "[::1].", "[1::2::3]", "[::1]]"),
    ],
)
def test_another_host_is_misdirected(host: str) -> None:
    answer = call(failing, HTTP_HOST=host)
    assert answer.status_code == 421
    assert answer.json["title"] == "Misdirected Request"
    told = "The Host header is no name of this service: see the setting hosts"
    assert answer.json["detail"] == told
    assert not host or host not in answer.text


def test_every_answer_tells_browsers_what_they_must_not_do() -> None:
    for answer in (call(echo), call(failing), call(failing, "/\xff"), call(failing, HTTP_HOST="x")):
        assert {name: answer.headers[name] for name in SECURITY} == SECURITY
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_an_answer_may_know_better() -> None:
    told = call(sends("max-age=1", "cache-control")).headers
    assert told.getall("Cache-Control") == ["max-age=1"]


@pytest.mark.parametrize("app", [failing, failing_late])
def test_a_failure_is_a_problem_for_the_client_and_a_traceback_for_the_log(
    app: WSGIApplication, log_lines: LogLines
) -> None:
    answer = call(app)
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == 500
    assert answer.json["instance"] == answer.headers["X-Request-Id"]
    assert answer.json["detail"] == "Something went wrong inside; the log has more"
    assert TROUBLE not in answer.text
    (line,) = log_lines()
    assert line["message"] == "the request failed"
    assert TROUBLE in line["exception"]
    assert answer.json["instance"] == line["request_id"]


@pytest.mark.parametrize("path", ["/\xff", "/\xc3", "/a\0", "/a\r\nb", "/\x7f", "/\ud800"])
def test_a_path_that_cannot_be_read_does_not_come_in(path: str) -> None:
    for answer in (call(failing, path), call(failing, SCRIPT_NAME=path)):
        assert answer.status_code == 400
        told = "The path and the query must be UTF-8 without control characters"
        assert answer.json["detail"] == told
    assert answer.json["instance"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "query", ["a=%FF", "a=%00", "%0A", "a=%C3", "a=\xff", "a=%ED%A0%80", "\u0663"]
)
def test_a_query_that_cannot_be_read_does_not_come_in(query: str) -> None:
    assert call(failing, QUERY_STRING=query).status_code == 400


def test_a_server_may_leave_out_what_is_empty() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("PATH_INFO", "SCRIPT_NAME", "QUERY_STRING"))
    who = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_PREFIX": "/mon"}
    assert call(echo, **nothing, **who).json["PATH_INFO"] == ""


def test_what_can_be_read_comes_in_as_it_is() -> None:
    answer = call(echo, "/\xc3\xbc", QUERY_STRING="a=%C3%BC&%zz&b=+%20")
    assert answer.json["PATH_INFO"] == "/\xc3\xbc"
    assert answer.json["QUERY_STRING"] == "a=%C3%BC&%zz&b=+%20"


@pytest.mark.parametrize("header", ["Location", "location"])
@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("/v1/", "/v1/"),
        ("http://localhost/v1/", "/v1/"),
        ("https://evil.example:8/v1/?count=2&a=b#c", "/v1/?count=2&a=b#c"),
        ("http://localhost/a%20b/%C3%BC", "/a%20b/%C3%BC"),
        ("http://localhost//X/", "/X/"),
    ],
)
def test_a_location_is_a_path_whatever_host_the_client_named(
    location: str, told: str, header: str
) -> None:
    answer = call(sends(location, header))
    assert answer.headerlist[0] == (header, told)
    assert answer.headerlist[1] == ("X-Other", location)


def test_a_location_never_leads_to_another_host() -> None:
    answer = call(sends("http://localhost//evil.example/"))
    assert not answer.headerlist[0][1].startswith("//")
