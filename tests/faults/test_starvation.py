"""Brief tasks do not wait behind long ones."""

from __future__ import annotations

import pytest

from tests.conftest import until
from tests.faults.conftest import MakeSite
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

BRIEF = 3.0  # seconds: one is the promise, on a machine that is not busy


def crowd(site: Site, at_least: int) -> None:
    """More tasks of two minutes than there are threads, as many running as may."""
    for _ in range(40):
        site.client.submit("iostat", count=121)
    until(lambda: running(site) >= at_least)


def running(site: Site) -> int:
    """How many tasks run; each brings a shell and a sleep, that is all the same here."""
    return int(site.store.zcard("sysmon:leases"))


def check_brief(site: Site) -> None:
    for _ in range(5):
        task = site.client.submit("iostat", count=1)
        site.until_state("SUCCESS", task, seconds=BRIEF)


@pytest.mark.parametrize("threads", [16, None, 4])
def test_a_brief_task_passes_long_ones_with_threads(
    make_site: MakeSite, threads: int | None
) -> None:
    site = make_site(client_share=1)
    site.redis()
    site.server()
    site.worker(threads)
    crowd(site, at_least={16: 6, None: 3, 4: 1}[threads])
    check_brief(site)


def test_a_brief_task_passes_long_ones_after_redis_was_away(make_site: MakeSite) -> None:
    site = make_site(client_share=1)
    redis = site.redis()
    site.server()
    worker = site.worker()
    crowd(site, at_least=6)
    redis.kill()
    until(lambda: "Redis does not answer" in worker.printed())
    site.redis()
    until(lambda: site.listeners() == 1)
    site.until_state("SUCCESS", site.client.submit("iostat", count=1))  # it consumes again
    check_brief(site)
    assert running(site) <= 6
