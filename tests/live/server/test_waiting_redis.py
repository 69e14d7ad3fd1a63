"""Requests that wait while Redis hangs, is killed, or starts again."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from subprocess import Popen

import pytest

from tests.conftest import PATIENCE, until
from tests.live.server.waits import (
    USER,
    Crowd,
    Served,
    cancel,
    ends,
    redis_for,
    served,
    showing,
    stopped,
    submitted,
    submitting,
    waiting,
)
from tests.support.client import PROMPT_SECONDS
from tests.support.site import Site

PLACES = 50
SHORT = 2  # seconds
REVOKED = {(200, "wait=30", "REVOKED")}
UNAVAILABLE = {(503, None, None)}
ENDS_OF_REDIS = pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served(waiting_requests=PLACES) as found:
        yield found


@pytest.fixture
def site(shared: Served) -> Site:
    return shared.site


@pytest.fixture
def store(site: Site) -> Iterator[Popen[bytes]]:
    """The site's Redis."""
    with redis_for(site) as found:
        yield found


def end(store: Popen[bytes], number: int) -> None:
    store.send_signal(number)
    store.wait(PATIENCE)


def new_waits_work(site: Site) -> None:
    task = submitted(site)
    with waiting(site, showing(task), PLACES) as crowd:
        cancel(site, task)
        assert ends(crowd.answered(PLACES)) == REVOKED


def test_waits_outlast_a_redis_that_hangs(site: Site, store: Popen[bytes]) -> None:
    task = submitted(site)
    with waiting(site, showing(task), PLACES) as crowd:
        with stopped(store.pid):
            assert site.client.get(task, USER).at_once(503)
        until(lambda: site.client.get(task, USER).status == 200)
        cancel(site, task)
        assert ends(crowd.answered(PLACES)) == REVOKED


def test_a_wait_whose_time_is_over_while_redis_hangs_is_a_503(
    site: Site, store: Popen[bytes]
) -> None:
    with waiting(site, showing(submitted(site), SHORT), PLACES) as crowd, stopped(store.pid):
        assert ends(crowd.answered(PLACES)) == UNAVAILABLE
    until(lambda: site.client.get("/v4/tasks/", USER).status == 200)
    new_waits_work(site)


@ENDS_OF_REDIS
def test_a_wait_whose_time_is_over_while_redis_is_away_is_a_503_in_time(
    site: Site, store: Popen[bytes], number: int
) -> None:
    task, begin = submitted(site), time.monotonic()
    with waiting(site, showing(task, SHORT), PLACES) as crowd:
        end(store, number)
        answers = crowd.answered(PLACES)
    assert time.monotonic() - begin < SHORT + PROMPT_SECONDS
    assert ends(answers) == UNAVAILABLE
    assert {one.headers["Retry-After"] for one in answers} != {None}
    with redis_for(site):
        assert site.client.get(task, USER).json["state"] == "QUEUED"
        new_waits_work(site)


@ENDS_OF_REDIS
def test_waits_outlast_a_redis_that_starts_again(
    site: Site, store: Popen[bytes], number: int
) -> None:
    task = submitted(site)
    with waiting(site, showing(task), PLACES) as crowd:
        end(store, number)
        with redis_for(site):
            cancel(site, task)
            assert ends(crowd.answered(PLACES)) == REVOKED
            new_waits_work(site)


def test_a_worker_ends_waits_that_began_before_a_restart(site: Site, store: Popen[bytes]) -> None:
    with waiting(site, submitting(), PLACES) as crowd:
        end(store, signal.SIGKILL)
        with redis_for(site):
            worker = site.worker()
            assert ends(crowd.answered(PLACES)) == {(201, "wait=30", "SUCCESS")}
            assert worker.terminate() == 0


def test_a_redis_that_has_lost_its_data_ends_waits_by_404(site: Site, store: Popen[bytes]) -> None:
    with waiting(site, showing(submitted(site)), PLACES) as crowd:
        end(store, signal.SIGKILL)
        shutil.rmtree(site.var / "appendonlydir")
        with redis_for(site):
            begin = time.monotonic()
            assert ends(crowd.answered(PLACES)) == {(404, None, None)}
            assert time.monotonic() - begin < PROMPT_SECONDS
            new_waits_work(site)


def test_without_redis_a_request_that_would_wait_is_a_503_at_once(site: Site) -> None:
    for request in (showing("/v4/tasks/none"), submitting()):
        begin = time.monotonic()
        with Crowd(site, request, PLACES) as crowd:
            assert ends(crowd.answered(PLACES)) == UNAVAILABLE
        assert time.monotonic() - begin < PROMPT_SECONDS
