"""nginx: TLS, and plain HTTP refused."""

from __future__ import annotations

import http.client
import socket
import ssl
import warnings

import pytest

from tests.conftest import PATIENCE
from tests.live.nginx.conftest import NAME, OTHER, Proxy
from tests.support.client import HOST, asked, is_problem


def test_it_serves_over_tls(proxy: Proxy) -> None:
    answer = proxy.get("/v1/uptime/")
    assert "load average" in answer.json["uptime"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert proxy("GET", "/v1/uptime/", address=OTHER).status == 200


@pytest.mark.parametrize(
    ("version", "served"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_is_1_2_or_later(proxy: Proxy, version: ssl.TLSVersion, served: bool) -> None:
    context = ssl.create_default_context(cafile=str(proxy.server.folder / "fullchain.pem"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that TLS 1.1 is old is the point
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the client would not even ask
    with socket.create_connection((HOST, proxy.tls), PATIENCE) as plain:
        if served:
            context.wrap_socket(plain, server_hostname=NAME).close()
        else:
            with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
                context.wrap_socket(plain, server_hostname=NAME)


@pytest.mark.parametrize("path", ["/", "/v1/uptime/", "/v3/users/"])
def test_plain_http_is_refused(proxy: Proxy, path: str) -> None:
    connection = http.client.HTTPConnection(HOST, proxy.plain, timeout=PATIENCE)
    is_problem(asked(connection, "GET", path, None, {"Host": NAME}), 403)


def test_plain_http_to_the_port_of_tls_is_refused(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection(HOST, proxy.tls, timeout=PATIENCE)
    is_problem(asked(connection, "GET", "/", None, {"Host": NAME}), 400)


def test_a_certificate_can_be_renewed_over_plain_http(proxy: Proxy) -> None:
    place = proxy.server.folder / ".well-known/acme-challenge"
    place.mkdir(parents=True, exist_ok=True)
    (place / "token").write_text("proof")
    connection = http.client.HTTPConnection(HOST, proxy.plain, timeout=PATIENCE)
    answer = asked(connection, "GET", "/.well-known/acme-challenge/token", None, {"Host": NAME})
    assert (answer.status, answer.body) == (200, b"proof")
