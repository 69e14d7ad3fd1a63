"""What the real server hands to an application, and takes from it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sysmon_core.api.framework.environ_keys import ON_DISCONNECT
from sysmon_core.api.wsgi.deferred import Deferred
from tests.support.serving import HOST, PATIENCE, served

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LIMIT = 1000
CAFE = "caf\u00e9".encode().decode("latin-1")  # as PEP 3333 has a header in UTF-8

Ask = Callable[[bytes], Any]


class Echo:
    """Answers with the environ that it was given, and the body that it read."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(2, "pool")

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:
        if "deferred" in environ["PATH_INFO"]:
            return Deferred(self.pool, lambda: self._answer(environ, start))
        return self._answer(environ, start)

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        shown: dict[str, Any] = {
            name: value for name, value in environ.items() if isinstance(value, str)
        }
        shown["terminated"] = "wsgi.input_terminated" in environ
        shown["thread"] = threading.current_thread().name
        try:
            shown["body"] = environ["wsgi.input"].read().decode("latin-1")
        except OSError as error:
            shown["body"] = type(error).__name__
        twice = [("X-Twice", "1"), ("X-Twice", "2")]
        start("200 OK", [("Content-Type", "application/json"), *twice, ("X-Text", CAFE)])
        return [json.dumps(shown).encode(), b"\n"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(Echo(), body_limit=LIMIT, body_timeout=0.3) as number:
        yield number


@pytest.fixture
def ask(port: int) -> Ask:
    """What the application saw of a request."""

    def asked(sent: bytes) -> Any:
        with socket.create_connection((HOST, port), PATIENCE) as connection:
            connection.sendall(sent)
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert response.headers.get_all("X-Twice") == ["1", "2"]
            assert response.headers["X-Text"] == CAFE
            return json.loads(response.read())

    return asked


def test_an_environ_is_what_pep_3333_says(ask: Ask, port: int) -> None:
    seen = ask(b"GET /a%20b/%C3%A9?c=%20d HTTP/1.1\r\nHost: mon.example\r\nX-One: 1\r\n\r\n")
    expected = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/\xc3\xa9",
        "QUERY_STRING": "c=%20d",
        "SERVER_NAME": HOST,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HOST,
        "HTTP_HOST": "mon.example",
        "HTTP_X_ONE": "1",
        "wsgi.url_scheme": "http",
    }
    assert expected.items() <= seen.items()
    assert "CONTENT_LENGTH" not in seen


def test_an_absolute_target_says_for_which_host_it_is(ask: Ask) -> None:
    seen = ask(b"GET http://one.example/a HTTP/1.1\r\nHost: two.example\r\n\r\n")
    assert (seen["HTTP_HOST"], seen["PATH_INFO"]) == ("one.example", "/a")


def test_nothing_of_the_environment_of_the_process_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SYSMON_CANARY", "a-secret")
    with served(Echo()) as number:
        connection = http.client.HTTPConnection(HOST, number, timeout=PATIENCE)
        connection.request("GET", "/")
        shown = connection.getresponse().read().decode()
        connection.close()
    assert "REQUEST_METHOD" in shown
    assert "a-secret" not in shown
    assert "CANARY" not in shown
    assert '"PATH"' not in shown


@pytest.mark.parametrize("path", [b"/a%80b", b"/a%ef%bf%bdb"])
def test_a_path_that_is_no_utf_8_has_the_replacement_character(path: bytes, ask: Ask) -> None:
    seen = ask(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)["PATH_INFO"]
    assert seen.encode("latin-1").decode() == "/a\ufffdb"


def test_headers_that_come_twice_are_one_list_and_cookies_another(ask: Ask) -> None:
    seen = ask(b"GET / HTTP/1.0\r\nX: 1\r\nCookie: a=1\r\nx: 2\r\nCookie: b=2\r\nX_Y: 1\r\n\r\n")
    assert seen["HTTP_X"] == "1,2"
    assert seen["HTTP_COOKIE"] == "a=1;b=2"
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert "HTTP_HOST" not in seen
    assert "HTTP_X_Y" not in seen, "it would pass for X-Y, which a proxy takes out"


POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "length", "body"),
    [
        (POST + b"\r\n", None, ""),
        (POST + b"Content-Length: 0\r\n\r\n", "0", ""),
        (POST + b"Content-Length: 4\r\n\r\nbody", "4", "body"),
        (CHUNKED + b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", "4", "body"),
        (CHUNKED + b"0\r\n\r\n", "0", ""),
        (CHUNKED + b"3e8\r\n" + b"x" * LIMIT + b"\r\n0\r\n\r\n", str(LIMIT), "x" * LIMIT),
        (POST + b"Content-Length: 1001\r\n\r\n", "1001", ""),
    ],
    ids=[
        "none",
        "empty",
        "with a length",
        "chunked",
        "no chunk",
        "as large as it may be",
        "larger",
    ],
)
def test_a_body_is_there_whole_with_its_length(
    sent: bytes, length: str | None, body: str, ask: Ask
) -> None:
    seen = ask(sent)
    assert (seen.get("CONTENT_LENGTH"), seen["body"]) == (length, body)
    assert not seen["terminated"]
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_of_chunks_without_an_end_no_more_is_read_than_shows_it(ask: Ask) -> None:
    seen = ask(CHUNKED + (b"3e8\r\n" + b"x" * LIMIT + b"\r\n") * 3)
    assert int(seen["CONTENT_LENGTH"]) > LIMIT


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED + b"xyz\r\n",
        CHUNKED + b"2\r\nbo\r\nxyz\r\n",
        CHUNKED + b"2\r\nbody\r\n0\r\n\r\n",
        CHUNKED + b"fffffffffffffffff\r\n",
    ],
)
def test_chunks_that_cannot_be_read_are_no_body(sent: bytes, ask: Ask) -> None:
    seen = ask(sent)
    assert seen["body"] == "ConnectionError"
    assert int(seen["CONTENT_LENGTH"]) > 0


@pytest.mark.parametrize("sent", [POST + b"Content-Length: 4\r\n\r\nbo", CHUNKED + b"2\r\nbo\r\n"])
def test_a_body_that_does_not_come_in_time_is_none(sent: bytes, ask: Ask) -> None:
    assert ask(sent)["body"] == "TimeoutError"


def test_what_is_deferred_is_answered_by_its_pool(ask: Ask) -> None:
    here = ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")["thread"]
    there = ask(b"POST /deferred HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
    assert there["thread"].startswith("pool")
    assert here != there["thread"]
    assert there["body"] == "hi"


def test_answers_on_one_connection_come_in_order(port: int) -> None:
    paths = ["/1", "/deferred2", "/3", "/deferred4"] * 10
    sent = "".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths)
    with socket.create_connection((HOST, port), PATIENCE) as connection:
        connection.sendall(sent.encode())
        found = []
        with connection.makefile("rb") as stream:
            for _ in paths:
                assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
                length = int(http.client.parse_headers(stream)["Content-Length"])
                found.append(json.loads(stream.read(length))["PATH_INFO"])
    assert found == paths


class Watching:
    """Watches its client in a thread, once it may; remembers whether that has disconnected."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.entered, self.may_watch, self.gone = (threading.Event() for _ in range(3))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:
        return Deferred(self.pool, lambda: self._answer(environ, start))

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        self.entered.set()
        assert self.may_watch.wait(PATIENCE)
        with environ[ON_DISCONNECT](self.gone.set):
            waits = "gone" in environ["PATH_INFO"]
            found = self.gone.wait(PATIENCE) if waits else self.gone.is_set()
        start("200 OK", [])
        return [b"gone" if found else b"there"]


@pytest.mark.parametrize("first", ["the client disconnects", "the application watches"])
def test_an_application_is_told_when_its_client_disconnects(first: str) -> None:
    app = Watching()
    with served(app) as number:
        with socket.create_connection((HOST, number), PATIENCE) as connection:
            connection.sendall(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n")
            assert app.entered.wait(PATIENCE)
            if first == "the application watches":
                app.may_watch.set()
        app.may_watch.set()
        assert app.gone.wait(PATIENCE)
