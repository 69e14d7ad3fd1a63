"""Requests that wait in two server processes: whichever has one, it hears of the end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from tests.conftest import until
from tests.live.server.waits import (
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
    waiting_in_each,
)
from tests.support.site import Site

PLACES = 60  # of each process
TASKS = 4
REVOKED = {(200, "wait=30", "REVOKED")}


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served(processes=2, waiting_requests=PLACES) as found, redis_for(found.site):
        yield found


@pytest.fixture
def site(shared: Served) -> Site:
    return shared.site


def test_an_end_is_heard_in_each_process(site: Site, shared: Served) -> None:
    task = submitted(site)
    with waiting_in_each(shared, showing(task), PLACES) as crowds:
        cancel(site, task)
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == REVOKED


def test_a_process_that_was_stopped_meanwhile_hears_of_an_end_later(
    site: Site, shared: Served
) -> None:
    task = submitted(site)
    with waiting_in_each(shared, showing(task), PLACES) as crowds:
        first, second = crowds
        with stopped(second):
            cancel(site, task)
            assert ends(crowds[first].answered(PLACES)) == REVOKED
        assert ends(crowds[second].answered(PLACES)) == REVOKED


def test_a_worker_ends_the_waits_of_submissions_in_each_process(site: Site, shared: Served) -> None:
    with waiting_in_each(shared, submitting(), PLACES) as crowds:
        worker = site.worker()
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == {(201, "wait=30", "SUCCESS")}
    assert worker.terminate() == 0


def test_those_that_wait_for_another_task_wait_on(site: Site) -> None:
    tasks = [submitted(site) for _ in range(TASKS)]
    size = PLACES // TASKS  # so there are places for all, even if one process takes every request
    with contextlib.ExitStack() as stack:
        crowds = {task: stack.enter_context(Crowd(site, showing(task), size)) for task in tasks}
        for task, crowd in crowds.items():
            cancel(site, task)
            answers = crowd.answered(size)
            assert ends(answers) == REVOKED
            assert {one.json["links"][0]["href"] for one in answers} == {task}
            left = [crowds[other] for other in tasks[tasks.index(task) + 1 :]]
            assert not any(one.answered(0) for one in left)


def test_a_process_that_is_killed_takes_its_own_waits_alone_and_is_replaced(
    site: Site, shared: Served
) -> None:
    task = submitted(site)
    with waiting_in_each(shared, showing(task), PLACES) as crowds:
        lost, left = crowds
        os.kill(lost, signal.SIGKILL)
        crowds[lost].cut_off(PLACES)
        until(lambda: lost not in shared.server.children())
        cancel(site, task)
        assert ends(crowds[left].answered(PLACES)) == REVOKED
    task = submitted(site)
    with waiting_in_each(shared, showing(task), PLACES) as crowds:
        cancel(site, task)
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == REVOKED
