"""A server that is stopped or killed, or cannot start."""

from __future__ import annotations

import contextlib
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import PATIENCE, until
from tests.live.server.conftest import GET
from tests.support.client import HOST
from tests.support.processes import processes
from tests.support.site import BIN, ROOT, Site


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_server_that_is_stopped_finishes_its_requests(
    site: Site, number: signal.Signals, processes: int
) -> None:
    server = site.server_with(f"processes = {processes}")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(site.client.get, "/v1/iostat/?count=4")
        until(lambda: site.pids("iostat -d 1 4"))
        server.popen.send_signal(number)
        answer = asked.result(PATIENCE)
    assert answer.status == 200
    assert answer.json["iostat"].count("Device") == 4
    assert server.wait() == 0
    until(lambda: site.processes() == {})


def test_a_request_that_does_not_end_is_cut_off_and_leaves_nothing(site: Site) -> None:
    server = site.server_with("shutdown_timeout = 1")
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        connection.sendall(GET.replace(b"/v1/uptime/", b"/v1/iostat/?count=25") + b"\r\n")
        until(lambda: site.pids("iostat -d 1 25"))
        server.popen.terminate()
        assert server.wait() == 0  # long before the run would end
    assert "cut off" in server.printed()
    assert "Traceback" not in server.printed()
    until(lambda: site.processes() == {})


def test_a_server_under_load_ends_at_a_signal(site: Site) -> None:
    server = site.server()
    with contextlib.ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection((HOST, site.port), PATIENCE))
            for _ in range(500)
        ]
        for one in crowd:
            one.sendall((GET + b"\r\n") * 4)
        server.popen.terminate()
        assert server.wait() == 0


def test_the_interpreter_of_a_server_is_not_taken_down(site: Site) -> None:
    """Granian's threads, which nobody can join, abort a process whose interpreter is gone."""
    told = "import atexit, sys; from pyramid.scripts.pserve import main; "
    told += "atexit.register(print, 'taken down'); main(sys.argv)"
    server = site.start(BIN / "python", "-c", told, ROOT / "development.ini")
    server.up(site.client.answers).popen.terminate()
    assert server.wait() == 0
    assert "taken down" not in server.printed()


def test_a_server_killed_by_9_leaves_no_program_that_it_ran(site: Site) -> None:
    server = site.server()
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        connection.sendall(GET.replace(b"/v1/uptime/", b"/v1/iostat/?count=20") + b"\r\n")
        until(lambda: site.pids("iostat -d 1 20"))
        (program,) = site.pids("iostat -d 1 20")
        server.popen.kill()
        server.wait()
    until(lambda: program not in {one.pid for one in processes()})


def test_a_start_beyond_loopback_warns_and_an_impossible_one_says_why(site: Site) -> None:
    nowhere = f"nowhere.invalid:{site.port}"  # RFC 6761, 6.4: no host has this name
    server = site.booting_server(ROOT / "production.ini", listen=nowhere)
    assert server.wait() != 0
    assert "v1 and v2 may be asked by all who reach it, and passwords cross" in server.printed()
    last = server.printed().splitlines()[-1]
    assert f"The server cannot listen on {nowhere}, as the setting listen says: " in last
