"""Clients that disconnect before they are answered."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.conftest import PATIENCE, until
from tests.live.server.conftest import GET, USER
from tests.support.client import HOST, answer_on, basic
from tests.support.site import BIN, SEARCH_PATH, Site

LONG, PROGRAM = "/v1/iostat/?count=25", "iostat -d 1 25"
SLOTS, SHARE = 4, 2  # of synchronous runs, in all and for one client, by default
UPTIME = """#!/bin/sh
echo run >> {folder}/runs
while [ ! -e {folder}/go ]; do sleep 0.1; done
echo 12:00:00 up 1 day, load average: 0.00, 0.00, 0.00
"""


@contextlib.contextmanager
def asking(site: Site, request: bytes) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        connection.sendall(request)
        yield connection


def long(number: int = 0, more: bytes = b"\r\n") -> bytes:
    client = b"X-Forwarded-For: 192.0.2.%d\r\n" % (number // SHARE)
    return GET.replace(b"/v1/uptime/", LONG.encode()) + client + more


def test_a_long_run_ends_with_its_client_and_others_have_its_slot(site: Site) -> None:
    server = site.server(trusted_proxies=HOST)
    with contextlib.ExitStack() as stack:
        for number in range(SLOTS):
            stack.enter_context(asking(site, long(number)))
        until(lambda: len(site.pids(PROGRAM)) == SLOTS)
        assert site.client.get("/v1/iostat/").status == 503
    until(lambda: not site.pids(PROGRAM))
    until(lambda: site.client.get("/v1/iostat/").status == 200)
    disconnected = 'sysmon_requests_total{method="GET",route="/v1/iostat/",status="499"} 4.0'
    until(lambda: disconnected in site.client.get("/metrics").body.decode())
    assert "Traceback" not in server.printed()


@pytest.mark.parametrize(
    "request_",
    [long(), long(more=b"Content-Length: 2\r\n\r\n{}"), long().replace(b"/1.1", b"/1.0")],
    ids=["plain", "with a body", "HTTP/1.0"],
)
def test_however_a_long_run_is_asked_for_it_ends_with_its_client(
    alone: Site, request_: bytes
) -> None:
    with asking(alone, request_):
        until(lambda: alone.pids(PROGRAM))
    until(lambda: not alone.pids(PROGRAM))


def test_a_quick_run_goes_on_for_those_who_share_it(site: Site) -> None:
    program = site.folder / "uptime"
    program.write_text(UPTIME.format(folder=site.folder))
    program.chmod(0o755)
    site.server(command_path=f"{site.folder}:{SEARCH_PATH}")
    uptime = GET + b"\r\n"
    with asking(site, uptime) as first:
        until((site.folder / "runs").exists)
        with asking(site, uptime) as second:
            first.close()
            with asking(site, long()):
                until(lambda: site.pids(PROGRAM))
            until(lambda: not site.pids(PROGRAM))  # so the first has been noticed, too
            (site.folder / "go").touch()
            answer = answer_on(second)
    assert "load average" in answer.json["uptime"]
    assert (site.folder / "runs").read_text() == "run\n"


def test_version_4_stops_a_long_run_likewise(site: Site) -> None:
    name, _, password = USER.partition(":")
    site.said(BIN / "sysmon", "database", "upgrade")
    add = ("user", "add", name, "--password-file", "-")
    site.said(BIN / "sysmon", *add, typed=password)
    site.server(versions="v1 v4")
    path = b"/v4/metrics/iostat/report?count=25"
    request = GET.replace(b"/v1/uptime/", path) + f"Authorization: {basic(USER)}\r\n\r\n".encode()
    with asking(site, request):
        until(lambda: site.pids(PROGRAM))
    until(lambda: not site.pids(PROGRAM))
