"""The server started singly: what works without the other parts, and what the server refuses."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.api.wsgi.front_door import SECURITY
from tests.conftest import PATIENCE, started_redis, until
from tests.support.client import HOST, Answer, answer_on, is_problem
from tests.support.processes import listening, processes
from tests.support.site import BIN, ROOT, Site, new_site

USER = "ann:a pass, w\u00f6rd: really"
GET = b"GET /v1/uptime/ HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v2/iostat/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
NO_HTTP = {
    "a request line that is none": (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    "a header without a colon": (GET + b"nonsense\r\n\r\n", 400),
    "a header that is folded": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "headers too large": (GET + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    "a path too large": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "headers too many": (GET + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n", 431),
    "a length that is none": (POST + b"Content-Length: -1\r\n\r\n", 400),
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


@pytest.fixture(scope="module")
def alone() -> Iterator[Site]:
    """A server, and the users' database: no Redis, no worker."""
    with new_site() as site:
        site.said(BIN / "sysmon", "database", "upgrade")
        name, _, password = USER.partition(":")
        add = ("user", "add", name, "--admin", "--password-file", "-")
        site.said(BIN / "sysmon", *add, typed=password)
        site.server()
        yield site


def refused(answer: Answer, status: int) -> None:
    """Check that an answer is a problem, and has the headers of every answer of ours."""
    is_problem(answer, status)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


def test_versions_1_and_3_work_without_redis(alone: Site) -> None:
    assert "load average" in alone.client.get("/v1/uptime/").json["uptime"]
    assert "Device" in alone.client.get("/v1/iostat/").json["iostat"]
    assert alone.client.get("/v3/uptime/", USER).status == 200
    assert alone.client.get("/v3/users/", USER).json == {"users": ["ann"]}
    assert alone.client.get("/v3/users/", "ann:wrong").status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/iostat/"),
        ("POST", "/v2/iostat/?count=3"),
        ("POST", "/v3/iostat/"),
        ("GET", "/v2/task/unknown"),
        ("DELETE", "/v2/task/unknown"),
    ],
)
def test_tasks_are_503_at_once_without_redis(alone: Site, method: str, path: str) -> None:
    answer = alone.client(method, path, USER)
    assert answer.at_once(503)
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_version_3_is_503_without_a_database_and_version_1_works(site: Site) -> None:
    site.server()
    answer = site.client.get("/v3/users/", USER)
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert site.client.get("/v1/uptime/").status == 200


def test_redis_and_a_worker_make_tasks_work_without_a_new_start(site: Site) -> None:
    site.server()
    refused(site.client.get("/v2/iostat/"), 503)
    site.var.mkdir(exist_ok=True)
    with started_redis(site.var):
        task = site.client.submit()
        assert site.client.state(task) == "QUEUED"
        site.worker()
        until(lambda: site.client.state(task) == "SUCCESS")
    refused(site.client.get(task), 503)


def test_a_server_listens_on_loopback_alone(alone: Site) -> None:
    found = {address for pid in alone.processes() for address in listening(pid)}
    assert found == {f"0100007F:{alone.port:04X}"}


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
def test_what_is_no_http_is_refused_without_a_body_and_the_connection_ends(
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
def test_what_the_application_refuses_is_a_problem(alone: Site, what: str) -> None:
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


def test_a_header_with_an_underscore_does_not_pass_for_one_with_a_hyphen(site: Site) -> None:
    site.server(trusted_proxies=HOST)
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX%sForwarded%sPrefix: /below\r\n\r\n"
    for sign, href in ((b"-", "/below/v1/"), (b"_", "/v1/")):
        assert ask(site, head % (sign, sign)).json["links"][0]["href"] == href


def test_a_body_that_drips_is_given_up_and_holds_up_nobody(site: Site) -> None:
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


def test_clients_that_pipeline_and_do_not_read_hold_up_nobody(alone: Site) -> None:
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
    assert site.processes() == {}


@pytest.mark.parametrize("hung_up", [False, True])
def test_a_request_that_does_not_end_is_cut_off_and_leaves_nothing(
    site: Site, hung_up: bool
) -> None:
    server = site.server_with("shutdown_timeout = 1")
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        connection.sendall(GET.replace(b"/v1/uptime/", b"/v1/iostat/?count=25") + b"\r\n")
        until(lambda: site.pids("iostat -d 1 25"))
        if hung_up:
            connection.close()
        server.popen.terminate()
        assert server.wait() == 0  # long before the run would end
    assert "cut off" in server.printed()
    assert "Traceback" not in server.printed()
    until(lambda: site.processes() == {})


def test_a_signal_is_heard_among_hundreds_of_requests(site: Site) -> None:
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


def test_a_start_beyond_loopback_tells_what_stands_open_and_a_wrong_one_why(site: Site) -> None:
    nowhere = f"nowhere.invalid:{site.port}"  # RFC 6761, 6.4: no host has this name
    server = site.booting_server(ROOT / "production.ini", listen=nowhere)
    assert server.wait() != 0
    assert "v1 and v2 may be asked by all who reach it, and passwords cross" in server.printed()
    last = server.printed().splitlines()[-1]
    assert f"The server cannot listen on {nowhere}, as the setting listen says: " in last
