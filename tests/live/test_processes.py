"""Several processes behind one address: one that is lost is replaced, and nobody notices."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from tests.conftest import until
from tests.support.client import HOST
from tests.support.processes import Started
from tests.support.site import Site

MANY = 40  # connections


@pytest.fixture
def server(site: Site) -> Started:
    started = site.server_with("processes = 2")
    until(lambda: len(started.children()) == 2)
    return started


def ask(site: Site) -> None:
    statuses = [site.client.get("/v1/uptime/").status for _ in range(MANY)]
    assert statuses == [200] * MANY


def test_a_killed_process_is_replaced_and_no_request_fails(site: Site, server: Started) -> None:
    lost, left = server.children()
    os.kill(lost, signal.SIGKILL)
    ask(site)
    until(lambda: len(set(server.children()) - {lost}) == 2)
    assert left in server.children()
    ask(site)
    assert f"process {lost} ended (-9)" in server.printed()


def test_server_processes_end_when_their_supervisor_is_killed(site: Site, server: Started) -> None:
    server.kill()
    until(lambda: site.processes() == {})


@pytest.mark.parametrize("count", [1, 2])
def test_an_address_in_use_is_an_error_and_its_server_goes_on(site: Site, count: int) -> None:
    site.server_with(f"processes = {count}")
    refused = site.booting_server()
    assert refused.wait() != 0
    last = refused.printed().splitlines()[-1]
    assert f"The server cannot listen on {HOST}:{site.port}, as the setting listen says: " in last
    assert "Address already in use" in last
    assert site.client.answers()


def test_a_socket_of_the_file_system_serves_beside_an_address(site: Site) -> None:
    path = site.folder / "sysmon.sock"
    listen = f"{HOST}:{site.port} unix:{path}"
    server = site.server(listen=listen, trusted_proxies="unix")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /v1 HTTP/1.0\r\nX-Forwarded-Prefix: /below\r\n\r\n")
        with connection.makefile("rb") as stream:
            assert b"location: /below/v1/" in stream.read().lower()
    assert site.client("GET", "/v1").headers["Location"] == "/v1/"
    assert server.terminate() == 0
    assert not path.exists()
