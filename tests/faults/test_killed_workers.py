"""A worker that is killed or stopped leaves no process, and each of its tasks ends or goes on."""

from __future__ import annotations

import signal
import time

import pytest

from sysmon_core.tasks.limits import NO_WORKERS_SECONDS
from tests.conftest import until
from tests.faults.site import LOST_SECONDS, Site
from tests.support.processes import Started, kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


def strike(site: Site, worker: Started, victims: str) -> None:
    """Kill the main process of a worker, the one with its threads, or both."""
    child = site.child(worker)
    if "main" in victims:
        worker.kill()
    if "child" in victims:
        kill(child)
        until(lambda: child not in site.processes())


@pytest.mark.parametrize("victims", ["main", "child", "main and child"])
def test_kill_9_leaves_no_process(site: Site, victims: str) -> None:
    redis, server, worker = site.redis(), site.server(), site.worker()
    for kind in (0, 2):
        site.client.submit("once", key=kind, kind=kind, tenths=36000, said=3600)
    site.client.submit("children")
    until(lambda: site.running("tail -f") >= 3 and site.starts().total() == 3)
    strike(site, worker, victims)
    until(lambda: not site.left_besides(redis, server))


@pytest.mark.parametrize("victims", ["main", "child"])
def test_kill_9_leaves_no_process_while_redis_is_away(site: Site, victims: str) -> None:
    redis, worker = site.redis(), site.worker()
    server = site.server()
    site.client.submit("once", kind=2, tenths=36000, said=3600)
    until(lambda: site.running("tail -f") >= 2)
    redis.kill()
    strike(site, worker, victims)
    until(lambda: not site.left_besides(server))


def test_tasks_of_a_lost_worker_fail_or_run_again_where_they_may(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    once = site.client.submit("once", key=1, tenths=36000, said=3600)
    again = site.client.submit("again", key=2, tenths=10)
    revoked = site.client.submit("again", key=3, tenths=36000, said=3600)
    waiting = [site.client.submit("once", key=10 + n, tenths=5) for n in range(30)]
    until(lambda: {1, 2, 3} <= set(site.starts()))
    strike(site, worker, "main and child")
    assert site.client.delete(revoked).status == 204
    begin = time.monotonic()
    site.worker()
    site.until_state("FAILURE", once)
    assert time.monotonic() - begin < LOST_SECONDS
    assert "worker was lost" in site.client.task(once)["result"]
    site.until_state("SUCCESS", again)
    for state in site.until_final(*waiting):
        assert state in {"SUCCESS", "FAILURE"}
    assert site.client.state(revoked) == "REVOKED"
    starts = site.starts()
    assert starts[2] == 2
    assert all(n == 1 for key, n in starts.items() if key != 2)


def test_the_loss_is_seen_without_another_worker(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    task = site.client.submit("once", key=1, tenths=36000, said=3600)
    until(lambda: site.starts()[1] == 1)
    strike(site, worker, "main and child")
    assert site.client.state(task) == "STARTED"
    site.let_the_lease_run_out(task)
    site.until_state("FAILURE", task)
    assert "worker was lost" in site.client.task(task)["result"]


def test_one_look_at_a_lost_task_is_enough_where_no_worker_is_left(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    tasks = [site.client.submit("once", key=n, tenths=36000, said=3600) for n in (1, 2)]
    until(lambda: site.starts().total() == 2)
    strike(site, worker, "main and child")
    until(lambda: site.uptime() > NO_WORKERS_SECONDS, LOST_SECONDS)
    for task in tasks:
        long_ago = time.time() - NO_WORKERS_SECONDS - 1
        site.store.zadd("sysmon:leases", {task.rpartition("/")[2]: long_ago})
    assert site.client.state(tasks[0]) == "FAILURE"
    site.worker()  # one that may be the task's, and renew as soon as it can
    assert site.client.state(tasks[1]) == "STARTED"
    site.until_state("FAILURE", tasks[1])


def test_a_repeatable_task_is_started_three_times_at_most(site: Site) -> None:
    site.redis()
    site.server()
    task = site.client.submit("again", key=1, tenths=36000, said=3600)
    for start in (1, 2, 3):
        worker = site.worker()
        until(lambda start=start: site.starts()[1] == start)  # type: ignore[misc]
        strike(site, worker, "main and child")
        site.let_the_lease_run_out(task)
    site.until_state("FAILURE", task)
    site.worker()
    site.until_state("SUCCESS", site.client.submit("once", key=2))
    assert site.starts() == {1: 3, 2: 1}


def test_a_worker_that_was_thought_lost_changes_no_final_state(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    once = site.client.submit("once", key=1, tenths=20)
    again = site.client.submit("again", key=2, tenths=20)
    until(lambda: site.starts().total() == 2)
    pid = site.child(worker)
    kill(pid, signal.SIGSTOP)
    for task in (once, again):
        site.let_the_lease_run_out(task)
    site.until_state("FAILURE", once)
    site.worker()
    site.until_state("SUCCESS", again)
    kill(pid, signal.SIGCONT)
    until(lambda: site.listeners() == 2)
    assert worker.terminate() == 0  # by then it has said all that it had to say
    assert site.client.state(once) == "FAILURE"
    assert "worker was lost" in site.client.task(once)["result"]
    assert site.client.state(again) == "SUCCESS"
    assert site.starts() == {1: 1, 2: 2}


def test_kill_9_of_the_main_process_of_a_worker_that_boots_leaves_no_process(site: Site) -> None:
    redis = site.redis()
    for _ in range(5):
        worker = site.booting_worker()
        until(lambda worker=worker: worker.popen.pid in parents(site))  # type: ignore[misc]
        worker.kill()
    until(lambda: not site.left_besides(redis))


def parents(site: Site) -> set[int]:
    return {one.parent for one in site.processes().values()}
