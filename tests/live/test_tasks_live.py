"""Tasks that real workers run: their programs, their ends, and what faults do to them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import redis

from tests.conftest import started_redis, until
from tests.support.processes import Started, processes
from tests.support.site import Site, new_site

AT_ONCE = 2.0  # seconds


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Site, int]]:
    """A server and its Redis, and the process of that."""
    with new_site() as site:
        site.var.mkdir()
        with started_redis(site.var) as server:
            site.server()
            yield site, server.pid


@pytest.fixture
def site(served: tuple[Site, int]) -> Iterator[Site]:
    """The server with an empty Redis; the workers that a test starts are gone at its end."""
    one, _ = served
    with redis.Redis(unix_socket_path=str(one.var / "redis.sock")) as client:
        client.flushall()
    yield one
    one.end("dramatiq")
    until(lambda: not one.pids("iostat"))


@pytest.fixture
def worker(site: Site) -> Started:
    return site.worker(threads=40)


def states(site: Site, tasks: list[str]) -> Counter[str]:
    return Counter(site.client.state(task) for task in tasks)


def programs(site: Site) -> list[int]:
    """The iostats that run for tasks of this site."""
    return site.pids(site.endless)


def test_a_deleted_task_is_revoked_and_its_program_gone(site: Site, worker: Started) -> None:
    task = site.busy()
    assert site.client.delete(task).status == 204
    assert site.client.state(task) == "REVOKED"
    until(lambda: programs(site) == [], AT_ONCE)
    site.client.finished()  # the worker has turned to something else
    assert site.client.state(task) == "REVOKED"
    assert site.client.delete(task).status == 204
    assert site.client.get(task).status == 404


def test_one_of_two_tasks_is_deleted_and_the_other_runs_on(site: Site, worker: Started) -> None:
    first, second = site.busy(), site.busy()
    (before, _) = programs(site)
    assert site.client.delete(second).status == 204
    until(lambda: programs(site) == [before], AT_ONCE)
    assert states(site, [first, second]) == {"STARTED": 1, "REVOKED": 1}


def test_a_queued_task_that_is_deleted_never_runs(site: Site) -> None:
    task = site.client.submit(count=site.port)
    assert site.client.delete(task).status == 204
    site.worker(threads=1)
    site.client.finished()  # it came after the deleted one
    assert site.client.state(task) == "REVOKED"
    assert programs(site) == []


def test_32_tasks_that_wait_for_a_worker_all_finish(site: Site) -> None:
    tasks = [site.client.submit(count=2) for _ in range(32)]
    site.worker(threads=40)
    until(lambda: states(site, tasks).keys().isdisjoint({"QUEUED", "STARTED"}))
    assert states(site, tasks) == {"SUCCESS": 32}
    assert all(site.client.get(t).json["result"]["iostat"].count("Device") == 2 for t in tasks)


def test_a_worker_killed_by_9_takes_its_program_with_it(site: Site, worker: Started) -> None:
    site.busy()
    (program,) = programs(site)
    running = {one.pid: one for one in processes()}
    os.kill(running[program].parent, signal.SIGKILL)
    until(lambda: program not in {one.pid for one in processes()}, AT_ONCE)
    # Killed while it boots, it is missed only after dramatiq's --worker-fork-timeout of 30 s.
    until(lambda: worker.popen.poll() is not None, 40)


def test_a_worker_whose_parent_is_killed_by_9_ends(site: Site, worker: Started) -> None:
    site.busy()
    worker.popen.kill()
    until(lambda: site.pids("dramatiq") == programs(site) == [])


def test_a_stopped_worker_fails_running_tasks_and_leaves_queued_ones(site: Site) -> None:
    first = site.worker(threads=2)  # of which anonymous tasks have one
    run, queued = site.busy(), [site.client.submit() for _ in range(3)]
    began = time.monotonic()
    first.popen.terminate()
    assert first.wait() == 0
    assert time.monotonic() - began < 10
    assert site.pids("dramatiq") == programs(site) == []
    shown = site.client.get(run).json
    assert (shown["state"], "shut down" in shown["result"]) == ("FAILURE", True)
    assert states(site, queued) == {"QUEUED": 3}
    site.worker()
    until(lambda: states(site, queued).keys().isdisjoint({"QUEUED", "STARTED"}))
    assert states(site, queued) == {"SUCCESS": 3}
    assert states(site, [run]) == {"FAILURE": 1}


@contextlib.contextmanager
def hung(pid: int) -> Iterator[None]:
    """A process that does nothing, and then goes on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_hung_redis_is_503_at_once_and_recovers(
    site: Site, served: tuple[Site, int], worker: Started
) -> None:
    task = site.client.finished()
    with hung(served[1]):
        for method, path in (("GET", task), ("DELETE", task), ("POST", "/v2/iostat/")):
            answer = site.client(method, path)
            assert answer.at_once(503)
            assert answer.headers["Retry-After"] == "1"
        assert site.client.get("/v1/uptime/").status == 200
    until(lambda: site.client.get(task).status == 200)
    site.client.finished()


def test_a_task_that_a_hung_redis_refused_leaves_no_record_for_ever(
    site: Site, served: tuple[Site, int], worker: Started
) -> None:
    with hung(served[1]):
        assert site.client("POST", "/v2/iostat/").status == 503
    until(lambda: site.client.get("/v2/task/unknown").status == 404)
    site.client.finished()
    with redis.Redis(unix_socket_path=str(site.var / "redis.sock")) as client:
        lasting = [key for key in client.scan_iter("sysmon:task:*") if client.ttl(key) < 0]
    assert lasting == []
