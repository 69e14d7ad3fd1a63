"""Requests that wait for the end of a task: they hold no thread, and their places are bounded."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Self

import pytest
import redis

from tests.conftest import PATIENCE, started_redis, until
from tests.live.server.conftest import GET
from tests.support.client import HOST, Answer, answer_on, basic
from tests.support.processes import Started
from tests.support.site import BIN, Site, new_site

PLACES, MORE = 100, 5
OWN_THREADS = 10  # that may start for what is asked beside the waits
USER = "ann:secret"
APPLIED = "Preference-Applied"


@contextlib.contextmanager
def served(**settings: object) -> Iterator[tuple[Site, Started, Popen[bytes]]]:
    """A site with a user, its server and its Redis."""
    with new_site(**settings) as site:
        site.said(BIN / "sysmon", "database", "upgrade")
        name, _, password = USER.partition(":")
        add = ("user", "add", name, "--admin", "--password-file", "-")
        site.said(BIN / "sysmon", *add, typed=password)
        with started_redis(site.var) as server:
            yield site, site.server(), server


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Site, Started, Popen[bytes]]]:
    with served(waiting_requests=PLACES) as found:
        yield found


@pytest.fixture
def site(shared: tuple[Site, Started, Popen[bytes]]) -> Site:
    return shared[0]


def submitted(site: Site) -> str:
    """The path of a new task, which no worker takes."""
    made = site.client("POST", "/v4/tasks/", USER, {"metric": "uptime"})
    assert made.status == 201, made
    return str(made.headers["Location"])


def cancel(site: Site, path: str) -> None:
    assert site.client("DELETE", path, USER).status == 204


class Crowd:
    """Requests for one task, each on a connection of its own, that would wait for its end."""

    def __init__(self, site: Site, path: str, count: int, seconds: int = 30) -> None:
        who = f"Authorization: {basic(USER)}\r\nPrefer: wait={seconds}\r\n\r\n"
        request = GET.replace(b"/v1/uptime/", path.encode()) + who.encode()
        self._waiting = [
            socket.create_connection((HOST, site.port), PATIENCE) for _ in range(count)
        ]
        for one in self._waiting:
            one.sendall(request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._waiting:
            one.close()

    def answered(self, count: int) -> list[Answer]:
        """Wait until so many are answered; the others wait on."""
        until(lambda: len(self._ready()) >= count)
        ready = self._ready()
        answers = [answer_on(one) for one in ready]
        for one in ready:
            self._waiting.remove(one)
            one.close()
        return answers

    def _ready(self) -> list[socket.socket]:
        return select.select(self._waiting, [], [], 0)[0]


def threads(server: Started) -> int:
    return len(list(Path(f"/proc/{server.popen.pid}/task").iterdir()))


def test_as_many_as_there_are_places_wait_and_hold_no_thread(
    site: Site, shared: tuple[Site, Started, Popen[bytes]]
) -> None:
    task = submitted(site)
    with Crowd(site, task, 1, seconds=1) as crowd:
        crowd.answered(1)  # so all threads that look after waits have started
    before = threads(shared[1])
    with Crowd(site, task, PLACES + MORE) as crowd:
        refused = crowd.answered(MORE)
        assert [(one.status, one.headers[APPLIED]) for one in refused] == [(200, None)] * MORE
        for path in ("/livez", "/v1/uptime/", "/v4/tasks/", task, f"{task}/report"):
            assert site.client.get(path, USER).at_once(200)
        submitted(site)
        assert threads(shared[1]) <= before + OWN_THREADS
        cancel(site, task)
        ended = crowd.answered(PLACES)
    assert {(one.json["state"], one.headers[APPLIED]) for one in ended} == {("REVOKED", "wait=30")}
    assert len(ended) == PLACES


def test_a_client_that_disconnects_frees_its_place(site: Site) -> None:
    task = submitted(site)
    with Crowd(site, task, PLACES + MORE) as crowd:
        crowd.answered(MORE)

    def a_place_is_free() -> bool:
        with Crowd(site, task, 1, seconds=1) as one:
            return one.answered(1)[0].headers[APPLIED] == "wait=1"

    until(a_place_is_free)  # long before the others' time is over
    cancel(site, task)


def test_an_end_is_noticed_though_its_message_is_lost(site: Site) -> None:
    task = submitted(site)
    with (
        Crowd(site, task, PLACES + MORE) as crowd,
        redis.Redis(unix_socket_path=str(site.var / "redis.sock")) as client,
    ):
        crowd.answered(MORE)
        assert client.client_kill_filter(_type="pubsub") >= 1
        cancel(site, task)
        assert {one.json["state"] for one in crowd.answered(PLACES)} == {"REVOKED"}


def test_waits_outlast_a_redis_that_hangs(
    site: Site, shared: tuple[Site, Started, Popen[bytes]]
) -> None:
    task, server = submitted(site), shared[2]
    with Crowd(site, task, PLACES + MORE) as long, contextlib.ExitStack() as hung:
        long.answered(MORE)
        hung.callback(server.send_signal, signal.SIGCONT)
        server.send_signal(signal.SIGSTOP)
        assert site.client.get(task, USER).at_once(503)
        hung.close()
        until(lambda: site.client.get(task, USER).status == 200)
        cancel(site, task)
        assert {one.json["state"] for one in long.answered(PLACES)} == {"REVOKED"}


def test_a_wait_whose_time_is_over_while_redis_hangs_is_a_503(
    site: Site, shared: tuple[Site, Started, Popen[bytes]]
) -> None:
    task, server = submitted(site), shared[2]
    with Crowd(site, task, PLACES + MORE, seconds=2) as crowd, contextlib.ExitStack() as hung:
        crowd.answered(MORE)
        hung.callback(server.send_signal, signal.SIGCONT)
        server.send_signal(signal.SIGSTOP)
        assert {one.status for one in crowd.answered(PLACES)} == {503}
    until(lambda: site.client.get(task, USER).status == 200)
    cancel(site, task)


def test_a_worker_in_another_process_ends_the_wait_of_a_submission(site: Site) -> None:
    worker = site.worker()
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        body = b'{"metric": "uptime"}'
        head = f"Authorization: {basic(USER)}\r\nContent-Length: {len(body)}\r\nPrefer: wait=30\r\n"
        kind = "Content-Type: application/json\r\n\r\n"
        request = GET.replace(b"GET /v1/uptime/", b"POST /v4/tasks/")
        connection.sendall(request + (head + kind).encode() + body)
        answer = answer_on(connection)
    assert (answer.status, answer.headers[APPLIED]) == (201, "wait=30")
    assert answer.json["state"] == "SUCCESS"
    assert worker.terminate() == 0


def test_a_server_that_is_stopped_answers_all_that_wait() -> None:
    with served(waiting_requests=PLACES) as (site, server, _):
        task = submitted(site)
        with Crowd(site, task, PLACES + MORE) as crowd:
            crowd.answered(MORE)
            server.popen.terminate()
            answers = crowd.answered(PLACES)
        assert server.wait() == 0
        assert "cut off" not in server.printed()
    assert {(one.status, one.json["state"]) for one in answers} == {(200, "QUEUED")}
