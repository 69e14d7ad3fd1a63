"""Clients that hang up while their requests wait: their places are given back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import until
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
from tests.support.site import Site

PLACES = 30
SHORT = 2  # seconds
REVOKED = {(200, "wait=30", "REVOKED")}


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served(waiting_requests=PLACES) as found, redis_for(found.site):
        yield found


@pytest.fixture
def site(shared: Served) -> Site:
    return shared.site


def has_place(site: Site, task: str) -> bool:
    with Crowd(site, showing(task, 1), 1) as one:
        return bool(one.answered(1)[0].headers[APPLIED])


@pytest.mark.parametrize("kind", ["GET", "HEAD", "POST", "HTTP/1.0"])
def test_a_client_that_hangs_up_gives_its_place_back(site: Site, kind: str) -> None:
    task = submitted(site)
    requests = {
        "GET": showing(task),
        "HEAD": showing(task, method="HEAD"),
        "POST": submitting(),
        "HTTP/1.0": showing(task).replace(b"HTTP/1.1", b"HTTP/1.0"),
    }
    with waiting(site, requests[kind], PLACES):
        assert not has_place(site, task)
    until(lambda: has_place(site, task))  # long before the others' time is over
    with waiting(site, showing(task), PLACES) as crowd:  # so all places were given back, once
        cancel(site, task)
        assert ends(crowd.answered(PLACES)) == REVOKED


def test_those_that_have_not_hung_up_wait_on(site: Site) -> None:
    task = submitted(site)
    with waiting(site, showing(task), PLACES) as crowd:
        crowd.hang_up(MORE)
        until(lambda: has_place(site, task))
        assert not crowd.answered(0)
        cancel(site, task)
        assert ends(crowd.answered(PLACES - MORE)) == REVOKED


def test_a_task_stays_though_the_client_hangs_up_who_submitted_it(site: Site) -> None:
    with waiting(site, submitting(), PLACES):
        newest = site.client.get("/v4/tasks/?limit=1", USER).json["items"][0]
    path = f"/v4/tasks/{newest['id']}"
    until(lambda: has_place(site, path))
    assert site.client.get(path, USER).json["state"] == "QUEUED"
    cancel(site, path)


def test_one_that_has_sent_a_further_request_has_its_place_until_its_time_is_over(
    site: Site,
) -> None:
    """Granian sees no disconnect behind a request that it has not read yet."""
    task = submitted(site)
    with waiting(site, showing(task, SHORT) + showing(task), PLACES):
        pass
    until(lambda: has_place(site, task))
    cancel(site, task)
