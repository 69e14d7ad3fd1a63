"""What a server refuses, and slow clients."""

from __future__ import annotations

import contextlib
import socket
from base64 import b64encode

import pytest

from tests.conftest import PATIENCE
from tests.live.server.conftest import GET, POST, USER, refused
from tests.support.client import HOST, Answer, answer_on
from tests.support.site import BIN, Site

NO_HTTP = {
    "a request line that is none": (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    "a header without a colon": (GET + b"nonsense\r\n\r\n", 400),
    "a header that is folded": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "headers too large": (GET + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    "a path too large": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "headers too many": (GET + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n", 431),
    "a length that is none": (POST + b"Content-Length: -1\r\n\r\n", 400),
    # hyper, below Granian, keeps the two largest lengths for itself.
    "the largest length that hyper reads": (
        POST + b"Content-Length: %d\r\n\r\n" % (2**64 - 1),
        431,
    ),
    "a length of 5000 digits": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "a host that is none": (b"GET http://[/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "an encoding that is unknown": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
}
REFUSED = {
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", 400),
    "a host in another alphabet": (b"GET /livez HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n", 400),
    "two hosts": (GET + b"Host: localhost\r\n\r\n", 421),
    "a path that is no UTF-8": (b"GET /%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "a query that is no UTF-8": (b"GET /?%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a body too large": (POST + b"Content-Length: 70000\r\n\r\n", 413),
    "a body too large by far": (POST + b"Content-Length: %d\r\n\r\n" % (2**64 - 3), 413),
    "a chunked body too large": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n11170\r\n" + b"x" * 70_000 + b"\r\n0\r\n\r\n",
        413,
    ),
    "a chunked body that is none": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "a chunk that breaks off": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nxyz\r\n",
        400,
    ),
}


@pytest.mark.parametrize(("more", "status"), [(0, 503), (1, 413)])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    alone: Site, more: int, status: int
) -> None:
    body = b"{}".ljust(65536 + more)
    with socket.create_connection((HOST, alone.port), PATIENCE) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert answer_on(connection).status == status  # there is no Redis for what is taken


def ask(site: Site, sent: bytes, *more: bytes) -> Answer:
    """The answer to these bytes, of which the later ones are sent once the first have arrived."""
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        for part in (sent, *more):
            connection.sendall(part)
        return answer_on(connection)


@pytest.mark.parametrize("what", NO_HTTP)
def test_invalid_http_is_refused_without_a_body_and_ends_the_connection(
    alone: Site, what: str
) -> None:
    sent, status = NO_HTTP[what]
    with socket.create_connection((HOST, alone.port), PATIENCE) as connection:
        connection.sendall(sent)
        answer = answer_on(connection)
        assert (answer.status, answer.body) == (status, b"")
        with contextlib.suppress(ConnectionResetError):  # a hurried way to hang up, but one
            assert connection.recv(1) == b""
    assert alone.client.answers()


@pytest.mark.parametrize("what", REFUSED)
def test_a_request_that_the_application_refuses_is_a_problem(alone: Site, what: str) -> None:
    sent, status = REFUSED[what]
    refused(ask(alone, sent), status)


def test_a_length_beside_chunks_counts_for_nothing_and_the_connection_ends(alone: Site) -> None:
    both = POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"  # RFC 9112, 6.1
    smuggled = b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((HOST, alone.port), PATIENCE) as connection:
        connection.sendall(both + smuggled)
        with connection.makefile("rb") as stream:
            whole = stream.read()
    assert whole.count(b"HTTP/1.1 ") == 1


EXPECT = POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"


def test_a_client_that_waits_for_100_is_told_at_once_that_its_body_is_too_large(
    alone: Site,
) -> None:
    refused(ask(alone, EXPECT % 70_000), 413)  # RFC 9110, 10.1.1: the final status, no 100


def test_a_client_that_waits_for_100_is_asked_for_a_body_within_the_limit(alone: Site) -> None:
    with socket.create_connection((HOST, alone.port), PATIENCE) as connection:
        connection.sendall(EXPECT % 2)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        refused(answer_on(connection), 503)  # there is no Redis


def test_a_204_has_no_body_and_closes_the_connection_if_asked_to(alone: Site) -> None:
    alone.said(BIN / "sysmon", "user", "add", "bob", "--password-file", "-", typed="secret")
    word = b64encode(USER.encode())
    head = b"DELETE /v3/users/bob HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\n"
    with socket.create_connection((HOST, alone.port), PATIENCE) as connection:
        connection.sendall(head % word + b"Connection: close\r\n\r\n")
        with connection.makefile("rb") as stream:
            head, _, body = stream.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 204 ")
    assert b"connection: close" in head.lower()
    assert b"content-length" not in head.lower()  # RFC 9110, 8.6
    assert body == b""


def test_a_header_with_an_underscore_does_not_pass_for_one_with_a_hyphen(site: Site) -> None:
    site.server(trusted_proxies=HOST)
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX%sForwarded%sPrefix: /below\r\n\r\n"
    for sign, href in ((b"-", "/below/v1/"), (b"_", "/v1/")):
        assert ask(site, head % (sign, sign)).json["links"][0]["href"] == href


def test_a_body_that_arrives_too_slowly_is_a_408_and_delays_no_other_request(site: Site) -> None:
    site.server_with("body_timeout = 1")
    with contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((HOST, site.port), PATIENCE))
            for _ in range(100)
        ]
        for one in slow:
            one.sendall(POST + b"Content-Length: 10\r\n\r\n{")
        assert site.client.get("/livez").status == 200
        assert site.client("POST", "/v2/iostat/", fields={"count": 0}).status == 400
        for one in slow:
            refused(answer_on(one), 408)


def test_clients_that_pipeline_and_do_not_read_delay_no_other_request(alone: Site) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            one = stack.enter_context(socket.create_connection((HOST, alone.port), PATIENCE))
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # until neither side takes any more
                while True:
                    one.send((GET + b"\r\n") * 1000)
        for _ in range(20):
            assert alone.client.get("/livez").status == 200
            assert alone.client.get("/v1/uptime/").status == 200
