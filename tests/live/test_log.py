"""The log of a real server: a reader who stalls, and an end."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_core.log_queue import DROPPED
from tests.conftest import PATIENCE, until
from tests.support.client import HOST
from tests.support.site import BIN, ROOT, Site

ROOM = 100  # lines, instead of thousands: so the test is short
MANY = 1500  # requests, each with a line: more than a pipe, a batch and that room take


@pytest.fixture
def ini(site: Site) -> Path:
    """production.ini with less room for lines."""
    text = (ROOT / "production.ini").read_text()
    assert "args = (sys.stderr,)\n" in text
    path = site.folder / "production.ini"
    path.write_text(text.replace("args = (sys.stderr,)\n", f"args = (sys.stderr, {ROOM})\n"))
    return path


@contextlib.contextmanager
def serving(site: Site, ini: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server with a pipe for its log, which only the test reads."""
    environ = site.environ(config=ini)
    with subprocess.Popen(
        [BIN / "pserve", ini], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as server:
        try:
            until(site.client.answers, 60)
            yield server
        finally:
            server.kill()


def dropped(site: Site) -> int:
    text = site.client.get("/metrics").body.decode()
    (found,) = re.findall(r"^sysmon_log_lines_dropped_total (\S+)$", text, re.MULTILINE)
    return int(float(found))


def ask_for_nothing(site: Site, times: int) -> None:
    """Requests that are refused, which have a line each."""
    connection = http.client.HTTPConnection(HOST, site.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        for _ in range(times):
            connection.request("GET", "/nothing")
            response = connection.getresponse()
            assert response.status == 404
            response.read()


def test_a_stalled_reader_delays_no_request_and_gets_the_number_of_dropped_lines(
    site: Site, ini: Path
) -> None:
    with serving(site, ini) as server:
        ask_for_nothing(site, MANY)
        count = dropped(site)
        assert 0 < count < MANY
        assert server.stderr
        lines = []
        while DROPPED.encode() not in (line := server.stderr.readline()):
            lines.append(line)
        own = json.loads(line)["count"] - count  # the line of the request that asked for the count
        assert own in {0, 1}
        assert sum(b'"answered"' in line for line in lines) == MANY - count
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 0


def test_a_server_that_is_stopped_has_written_all_its_lines(site: Site) -> None:
    with serving(site, ROOT / "production.ini") as server:
        ask_for_nothing(site, ROOM)
        server.send_signal(signal.SIGINT)
        assert server.stderr
        lines = server.stderr.read().splitlines()
        answered = [line for line in lines if b'"answered"' in line]
        assert len(answered) == ROOM
        assert server.wait(PATIENCE) == 0
