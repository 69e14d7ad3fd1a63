"""A worker that is asked to end does so soon, and says what became of its tasks."""

from __future__ import annotations

import time

import pytest

from tests.conftest import until
from tests.faults.conftest import MakeSite
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

SOON = 10.0  # seconds
THREADS = 136  # half of those for long tasks are 64


def test_a_worker_with_64_running_tasks_ends_within_ten_seconds(make_site: MakeSite) -> None:
    site = make_site(client_share=1)
    redis, server, worker = site.redis(), site.server(), site.worker(THREADS)
    running = [
        site.client.submit("once", key=n, kind=2 * (n % 16 == 0), tenths=36000, said=3600)
        for n in range(64)
    ]
    until(lambda: site.starts().total() == 64, 60)
    waiting = [site.client.submit("once", key=100 + n, said=3600) for n in range(20)]
    begin = time.monotonic()
    assert worker.terminate() == 0
    assert time.monotonic() - begin < SOON
    assert not site.left_besides(redis, server)
    tasks = [site.client.task(task) for task in running]
    assert {task["state"] for task in tasks} == {"FAILURE"}
    assert all("shut down" in task["result"] for task in tasks)
    assert {site.client.state(task) for task in waiting} == {"QUEUED"}
    site.worker(THREADS)
    site.until_state("SUCCESS", *waiting)
    assert set(site.starts().values()) == {1}


def test_a_worker_ends_although_redis_is_away(site: Site) -> None:
    redis, server, worker = site.redis(), site.server(), site.worker()
    task = site.client.submit("once", key=1, tenths=36000, said=3600)
    until(lambda: site.starts()[1] == 1)
    redis.kill()
    worker.popen.terminate()
    worker.popen.wait(60)
    assert not site.left_besides(server)
    site.redis()
    site.worker()
    site.until_state("FAILURE", task)
    assert site.starts() == {1: 1}
