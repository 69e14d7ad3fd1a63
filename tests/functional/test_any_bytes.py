"""Whatever bytes come over a connection: they are answered or refused, and the server lives."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.functional.test_any_request import LINES, METHODS, PATHS, Answer, hold, wsgi
from tests.support.serving import HOST, served

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["wsgi"]  # the fixture

GLANCE = 0.2  # seconds: what is not whole is not answered, and nobody waits for it
PATIENCE = 20.0


@pytest.fixture
def database_url() -> str:
    """None of this is about users: it need not be asked on each database."""
    return ""


@pytest.fixture
def address(wsgi: WSGIApplication) -> Iterator[tuple[str, int]]:
    with served(wsgi) as port:
        yield HOST, port


TARGETS = [*(path.encode("latin-1") or b"/" for path in PATHS), b"http://localhost/v1/uptime/"]
TARGETS += [
    b"//",
    b"http://[/",
    b"localhost:80",
    b"/v1/uptime/?a b",
    b"/\xff",
    b"/%",
    b"/%ff",
    b"?",
]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0", b"HTTP/9", b"http/1.1", b"", b"X"]
FIELDS = [
    b"Host: localhost",
    b"Host : localhost",
    b"Host: a\r\nHost: localhost",
    b"Connection: close",
]
FIELDS += [b"Content-Length: 5", b"Content-Length: +5", b"Content-Length: 5\r\nContent-Length: 6"]
FIELDS += [b"Content-Length: -1", b"Content-Length: " + b"9" * 5000, b"Content-Length: 99999"]
FIELDS += [
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
]
FIELDS += [
    b"Transfer-Encoding: \x0bchunked",
    b"Content-Type: application/json",
    b"Accept: text/html",
]
FIELDS += [
    b"X-Long: " + b"x" * 300_000,
    b"no colon",
    b": no name",
    b" folded: x",
    b"A: b\r\n c",
    b"A:\0",
]
FIELDS += [
    b"\xff: x",
    b"X: \xff",
    b"A_b: c",
    b"Authorization: Basic \xff",
    b"A: b\nC: d",
    b"A: b\rC: d",
]
BODIES = [
    b"",
    b"{}",
    b"count",
    b"5\r\ncount\r\n0\r\n\r\n",
    b"g\r\n",
    b"-1\r\n\r\n",
    b"fffffffffffff\r\n",
]
BODIES += [
    b"5;x=y\r\ncount\r\n0\r\n\r\n",
    b"5\r\ncountx",
    b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"0\r\nA: b\r\n\r\n",
]
BODIES += [b"x" * 70_000]
WILD = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\r\n\r\n",
    b"\n\n",
    b"\0\r\n\r\n",
    b"GET\r\n\r\n",
]
WILD += [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"x" * 300_000 + b"\r\n\r\n",
]


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A request, as it should be or not; some are cut off."""
    if draw(st.integers(0, 5)) == 0:
        return draw(
            st.sampled_from(WILD) | st.binary(max_size=60).map(lambda raw: raw + b"\r\n\r\n")
        )
    method, target = draw(
        st.sampled_from(LINES).map(lambda line: line.encode().split())
        | st.tuples(st.sampled_from(METHODS).map(str.encode), st.sampled_from(TARGETS))
    )
    version = draw(st.sampled_from(VERSIONS[:3]) | st.sampled_from(VERSIONS))
    fields = draw(st.lists(st.sampled_from(FIELDS), max_size=3))
    head = b"\r\n".join(
        [b" ".join([method, target, version]).rstrip(), b"Host: localhost", *fields]
    )
    whole = head + b"\r\n\r\n" + draw(st.sampled_from(BODIES))
    return whole[: draw(st.integers(1, len(whole)))] if draw(st.integers(0, 5)) == 0 else whole


def answered(address: tuple[str, int], message: bytes, patience: float = PATIENCE) -> Answer | None:
    """The answer to these bytes; None if they are not enough to be answered, or not worth it."""
    with socket.create_connection(address, PATIENCE) as connection:
        with contextlib.suppress(ConnectionError):  # it may have been refused half-way
            connection.sendall(message)
        connection.settimeout(patience)
        try:
            response = http.client.HTTPResponse(
                connection, method=message.split(b" ")[0].decode("latin-1")
            )
            response.begin()
            connection.settimeout(PATIENCE)
            return Answer(response.status, response.getheaders(), response.read())
        except (TimeoutError, ConnectionError):
            return None


def refused_by_the_server(answer: Answer) -> bool:
    """Whether it is Granian that answers what is not HTTP: without a body, and hanging up."""
    own = answer.status in {400, 431} and "x-request-id" not in answer.names
    return own and not answer.body and answer.names["connection"] == "close"


@settings(max_examples=examples(100))
@given(message=messages())
def test_any_bytes_are_answered_as_promised_or_refused_as_no_http_and_the_server_lives(
    address: tuple[str, int], message: bytes
) -> None:
    answer = answered(address, message, GLANCE)
    event(str(answer and answer.status))
    if answer is not None and not refused_by_the_server(answer):
        hold(answer, message.split(b" ")[0].decode("latin-1"))
    alive = answered(address, b"GET /v1/uptime/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert alive is not None
    assert (alive.status, alive.body) == (200, b'{"uptime": "up"}')
