"""/readyz tells what there is, and a clock that is set back hides no loss."""

from __future__ import annotations

import signal
import time

import pytest

from tests.conftest import until
from tests.faults.conftest import MakeSite
from tests.faults.site import LOST_SECONDS, Site
from tests.support.processes import kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

SOON = 15.0  # seconds: ten is the promise, on a machine that is not busy


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site that needs no database, with a server and Redis."""
    site = make_site(versions="v1 v2")
    site.redis()
    site.server()
    return site


def trouble(site: Site) -> str:
    """What /readyz complains of."""
    answer = site.client.get("/readyz")
    return "" if answer.status == 200 else str(answer.json["detail"])


def test_a_worker_that_hangs_is_not_ready_until_it_goes_on(site: Site) -> None:
    worker = site.worker()
    until(lambda: trouble(site) == "")
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > SOON or trouble(site), 2 * SOON)
    assert trouble(site) == ""  # an idle one is, for as long as it lives
    pid = site.child(worker)
    kill(pid, signal.SIGSTOP)
    until(lambda: trouble(site) == "Not there: worker", SOON)
    kill(pid, signal.SIGCONT)
    until(lambda: trouble(site) == "", SOON)


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_worker_that_is_gone_is_not_ready(site: Site, how: str) -> None:
    worker = site.worker()
    until(lambda: trouble(site) == "")
    if how == "killed":
        kill(site.child(worker))
        worker.kill()
    else:
        worker.terminate()
    until(lambda: trouble(site) == "Not there: worker", SOON)


def test_a_worker_with_all_threads_at_work_is_ready(site: Site) -> None:
    site.worker(1)
    task = site.client.submit("once", key=1, tenths=36000, said=3600)
    site.until_state("STARTED", task)
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > SOON or trouble(site), 2 * SOON)
    assert trouble(site) == ""


def test_the_loss_of_a_worker_is_found_though_the_clock_was_set_back(site: Site) -> None:
    worker = site.worker()
    once = site.client.submit("once", key=1, tenths=36000, said=3600)
    again = site.client.submit("again", key=2, tenths=1, said=3600)
    until(lambda: site.starts().total() == 2)
    site.until_state("SUCCESS", again)
    kill(site.child(worker))
    worker.kill()
    task_id = once.rpartition("/")[2]
    site.store.zadd("sysmon:leases", {task_id: time.time() + 3600})
    site.worker()
    until(lambda: site.store.hget(f"sysmon:task:{task_id}", "state") == "FAILURE", LOST_SECONDS)
    assert "worker was lost" in site.client.task(once)["result"]


def test_a_full_redis_says_so_and_what_runs_ends_as_ever(site: Site) -> None:
    site.worker()
    ending = site.client.submit("once", key=1, tenths=15)
    cancelled = site.client.submit("once", key=2, tenths=36000, said=3600)
    going_on = site.client.submit("once", key=3, tenths=36000, said=3600)
    waiting = site.client.submit("once", key=4, tenths=1)
    until(lambda: {1, 2, 3} <= set(site.starts()))
    site.store.config_set("maxmemory", 1)
    refused = site.client.ask_for("once")
    assert refused.at_once(503)
    assert "Redis is full" in refused.json["detail"]
    assert trouble(site) == "Redis is full"
    assert site.client.delete(cancelled).status == 204
    until(lambda: not site.running("work 2 "))
    assert site.client.state(cancelled) == "REVOKED"
    site.until_state("SUCCESS", ending, waiting)  # the one that waited had a slot to wait for
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > 2 * SOON or trouble(site) != "Redis is full", 60)
    assert trouble(site) == "Redis is full"
    assert site.client.state(going_on) == "STARTED"  # its lease was renewed twice over
    assert site.client.delete(going_on).status == 204
    until(lambda: not site.running("work 3 "))
    site.store.config_set("maxmemory", 0)
    until(lambda: trouble(site) == "")
    site.until_state("SUCCESS", site.client.submit("once", key=5))
    assert set(site.starts().values()) == {1}
