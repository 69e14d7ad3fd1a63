"""Requests that wait for the end of a task: they hold no thread, and their places are bounded."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import PATIENCE
from tests.live.server.waits import (
    APPLIED,
    MORE,
    USER,
    Crowd,
    Served,
    cancel,
    ends,
    redis_for,
    served,
    showing,
    submitted,
    submitting,
    waiting,
)
from tests.support.client import HOST
from tests.support.processes import Started
from tests.support.site import Site

PLACES = 100
OWN_THREADS = 10  # that may start for what is asked beside the waits
REVOKED = {(200, "wait=30", "REVOKED")}


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served(waiting_requests=PLACES) as found, redis_for(found.site):
        yield found


@pytest.fixture
def site(shared: Served) -> Site:
    return shared.site


def threads(server: Started) -> int:
    return len(list(Path(f"/proc/{server.popen.pid}/task").iterdir()))


def test_as_many_as_there_are_places_wait_and_hold_no_thread(site: Site, shared: Served) -> None:
    task = submitted(site)
    with Crowd(site, showing(task, seconds=1), 1) as crowd:
        crowd.answered(1)  # so all threads that look after waits have started
    before = threads(shared.server)
    with Crowd(site, showing(task), PLACES + MORE) as crowd:
        refused = crowd.answered(MORE)
        assert [(one.status, one.headers[APPLIED]) for one in refused] == [(200, None)] * MORE
        for path in ("/livez", "/v1/uptime/", "/v4/tasks/", task, f"{task}/report"):
            assert site.client.get(path, USER).at_once(200)
        submitted(site)
        assert threads(shared.server) <= before + OWN_THREADS
        cancel(site, task)
        ended = crowd.answered(PLACES)
    assert len(ended) == PLACES
    assert ends(ended) == REVOKED


def test_an_end_is_noticed_though_its_message_is_lost(site: Site) -> None:
    task = submitted(site)
    with (
        waiting(site, showing(task), PLACES) as crowd,
        redis.Redis(unix_socket_path=str(site.var / "redis.sock")) as client,
    ):
        assert client.client_kill_filter(_type="pubsub") >= 1
        cancel(site, task)
        assert ends(crowd.answered(PLACES)) == REVOKED


def test_a_worker_in_another_process_ends_the_wait_of_a_submission(site: Site) -> None:
    worker = site.worker()
    with Crowd(site, submitting(), 1) as crowd:
        assert ends(crowd.answered(1)) == {(201, "wait=30", "SUCCESS")}
    assert worker.terminate() == 0


def test_head_waits_as_get_does_and_has_its_headers(site: Site) -> None:
    task = submitted(site)
    with waiting(site, showing(task, method="HEAD"), PLACES) as crowd:
        cancel(site, task)
        answers = crowd.answered(PLACES)
    assert {(one.status, one.headers[APPLIED]) for one in answers} == {(200, "wait=30")}
    shown = site.client.get(task, USER)
    for name in ("ETag", "Content-Type", "Vary", "Cache-Control"):
        assert {one.headers[name] for one in answers} == {shown.headers[name]}


def test_no_body_follows_a_head_that_has_waited(site: Site) -> None:
    request = showing(submitted(site), seconds=1, method="HEAD").removesuffix(b"\r\n")
    with socket.create_connection((HOST, site.port), PATIENCE) as connection:
        connection.sendall(request + b"Connection: close\r\n\r\n")
        with connection.makefile("rb") as stream:
            head, end, body = stream.read().partition(b"\r\n\r\n")
    assert b"preference-applied: wait=1" in head.lower()
    assert (end, body) == (b"\r\n\r\n", b"")
