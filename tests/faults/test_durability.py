"""What was answered with 201 is done, whatever is killed; what was refused never is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import until
from tests.faults.proxy import Mode, Proxy
from tests.faults.site import Site
from tests.faults.threads import held, thread_of
from tests.support.client import FINAL

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

MANY = 40


def submit_many(site: Site) -> list[str]:
    """Tasks of several clients at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda key: site.client.submit("once", key=key), range(1, MANY + 1)))


@pytest.mark.parametrize("victims", ["redis", "server", "redis server"])
def test_a_201_outlives_kill_9_of(site: Site, victims: str) -> None:
    parts = {"redis": site.redis(), "server": site.server()}
    tasks = submit_many(site)
    for victim in victims.split():
        parts[victim].kill()
    if "redis" in victims:
        site.redis()
    if "server" in victims:
        site.server()
    site.worker()
    site.until_state("SUCCESS", *tasks)
    assert set(site.starts().values()) == {1}


def test_a_201_outlives_kill_9_of_everything_while_tasks_run(site: Site) -> None:
    redis, server, worker = site.redis(), site.server(), site.worker(48)
    running = [site.client.submit("again", key=1000 + n, tenths=30) for n in range(8)]
    site.until_state("STARTED", *running)
    tasks = submit_many(site)
    for part in (worker, redis, server):
        part.kill()
    until(lambda: not site.processes())
    site.redis()
    site.server()
    site.worker()
    states = [site.client.task(task)["state"] for task in tasks]  # none is 404
    assert len(states) == MANY
    site.until_state("SUCCESS", *running)
    assert set(site.until_final(*tasks)) <= {"SUCCESS", "FAILURE"}
    assert all(n == 1 for key, n in site.starts().items() if key <= MANY)


def test_while_redis_is_away_a_task_is_refused_and_not_left_behind(site: Site) -> None:
    redis = site.redis()
    site.server()
    redis.kill()
    assert site.client.ask_for("once", key=1).at_once(503)
    site.redis()
    assert site.store.keys("sysmon:*") == []
    site.worker()
    site.until_state("SUCCESS", site.client.submit("once", key=2))
    assert site.starts() == {2: 1}


def test_while_redis_hangs_a_task_is_refused_and_never_runs_afterwards(site: Site) -> None:
    redis = site.redis()
    site.server()
    site.worker()
    site.until_state("SUCCESS", site.client.submit("once", key=1))
    redis.freeze()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: site.client.ask_for("once", key=n), range(2, 10)))
    redis.thaw()
    assert {answer.status for answer in answers} == {503}
    assert all(answer.at_once(503) for answer in answers[:4])
    site.until_state("SUCCESS", site.client.submit("once", key=10))
    assert site.starts() == {1: 1, 10: 1}
    assert len(site.store.keys("sysmon:task:*")) == 2


def test_a_submission_that_redis_gets_too_late_makes_no_task(site: Site, proxy: Proxy) -> None:
    site.redis()
    site.server(redis_url=proxy.url)
    assert site.client.ask_for("once", key=1).status == 201
    proxy.become(Mode.HANG, b"EVALSHA")  # it tells the time, and hangs with the script
    assert site.client.ask_for("once", key=2).at_once(503)
    proxy.become(Mode.PASS)
    site.worker()
    site.until_state("SUCCESS", site.client.submit("once", key=3))
    assert site.starts() == {1: 1, 3: 1}
    assert len(site.store.keys("sysmon:task:*")) == 2


def test_a_submission_that_does_not_reach_redis_makes_no_task(site: Site, proxy: Proxy) -> None:
    site.redis()
    site.server(redis_url=proxy.url)
    proxy.become(Mode.RESET)
    assert site.client.ask_for("once").at_once(503)
    assert site.store.keys("sysmon:*") == []
    proxy.become(Mode.PASS)
    assert site.client.state(site.client.submit("once")) not in FINAL


def test_a_201_outlives_kill_9_of_redis_while_its_disk_is_slow(site: Site) -> None:
    redis = site.redis()
    site.server()
    site.client.submit("once", key=0)
    with held(thread_of(redis.popen.pid, "bio_aof")):  # which has the disk write what Redis wrote
        tasks = [site.client.submit("once", key=1)]
        end = time.monotonic() + 3  # Redis itself waits for two seconds at most
        while time.monotonic() < end and not unwritten(site):
            tasks.append(site.client.submit("once", key=len(tasks) + 1))
            time.sleep(0.02)  # else tasks are made faster than a slow disk is noticed
        redis.popen.kill()
    redis.popen.wait()
    site.redis()
    lost = [task for task in tasks if site.client.get(task).status == 404]
    assert not lost, f"{len(lost)} of {len(tasks)} tasks are lost"


def unwritten(site: Site) -> int:
    """How many bytes Redis has yet to give to the kernel."""
    return int(site.store.info("persistence")["aof_buffer_length"])
