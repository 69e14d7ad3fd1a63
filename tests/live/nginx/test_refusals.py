"""nginx: what it refuses itself."""

from __future__ import annotations

import contextlib

import pytest

from tests.live.nginx.conftest import FAR, NAME, OTHER, PREFIX, Proxy, proxied
from tests.support.client import HOST, answer_of, answer_on, is_problem


@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_body_that_is_too_large_is_a_problem(proxy: Proxy, size: int) -> None:
    is_problem(proxy("POST", "/v2/iostat/", body=b"x" * size), 413)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Long: {'x' * 17_000}\r\n\r\n", 431),
        (f"GET /{'x' * 17_000} HTTP/1.1\r\nHost: {NAME}\r\n\r\n", 414),
        ("nonsense\r\n\r\n", 400),
        (f"TRACE / HTTP/1.1\r\nHost: {NAME}\r\n\r\n", 405),
        (f"POST / HTTP/1.1\r\nHost: {NAME}\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_a_request_that_nginx_refuses_is_a_problem(
    proxy: Proxy, request_text: str, status: int
) -> None:
    connection = proxy.connection()
    with contextlib.closing(connection):
        connection.connect()
        connection.sock.sendall(request_text.encode())
        is_problem(answer_on(connection.sock), status)


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/v1/../metrics", "/%6detrics"])
def test_the_figures_of_sysmon_are_for_this_host_alone(proxy: Proxy, path: str) -> None:
    """What comes over the other address comes from it: 127.0.0.2 is not among those allowed."""
    is_problem(proxy("GET", path, source=OTHER, address=OTHER), 403)
    assert proxy("GET", path).status != 403
    is_problem(proxy.get(f"{PREFIX}{path}"), 403)


def test_a_client_that_asks_too_often_is_refused(proxy: Proxy) -> None:
    """A dashboard is served, and what is refused is only what is more than the rate."""
    statuses = []
    with contextlib.closing(proxy.connection(source="127.0.0.9")) as connection:
        for _ in range(2000):
            connection.request("GET", "/livez", headers={"Host": NAME})
            answer = answer_of(connection.getresponse())
            statuses.append(answer.status)
            if answer.status != 200:
                break
    is_problem(answer, 429)
    assert len(statuses) > 80
    assert int(answer.headers["Retry-After"]) > 0
    assert proxy.get("/livez").status == 200


def test_the_addresses_of_one_ipv6_network_are_one_client(proxy: Proxy) -> None:
    """Each request comes from an address of its own below one /64."""
    statuses = []
    with contextlib.closing(proxy.connection(source=FAR)) as connection:

        def ask(address: str) -> int:
            connection.request("GET", "/livez", headers={"Host": NAME, "X-Far": address})
            response = connection.getresponse()
            response.read()
            return response.status

        for number in range(2000):
            statuses.append(ask(f"2001:db8:0:a0d:{number:x}::{number:x}"))
            if statuses[-1] != 200:
                break
        assert statuses[-1] == 429
        assert len(statuses) > 80
        assert ask("2001:db8:0:a0e::1") == 200
        assert [ask(f"192.0.2.{number}") for number in range(1, 200)] == [200] * 199


def test_without_the_server_it_says_so_and_then_serves_again() -> None:
    with proxied() as proxy:
        proxy.server.end("pserve")
        answer = proxy.get("/v1/uptime/")
        is_problem(answer, 502)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Strict-Transport-Security"]
        proxy.server.server()
        assert proxy("GET", "/v1/uptime/", headers={"Host": HOST}).status == 200
