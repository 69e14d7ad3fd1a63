"""A metric, a message or a result that is wrong ends its own task, with the cause, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.conftest import until
from tests.faults.site import Site, new_site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

keys = count(1)
CAUSES = {
    "bytes": "no Report",
    "exit": "status 3",
    "generator-exit": "GeneratorExit: the cause",
    "huge": "limit",
    "keyboard": "KeyboardInterrupt: the cause",
    "killed": "9",
    "no-report": "no Report",
    "nothing": "no Report",
    "odd": "odd",
    "oserror": "the cause",
    "recursion": "RecursionError",
    "segfault": "11",
    "surrogate": "the cause",
    "system-exit": "SystemExit: the cause",
    "value": "ValueError: the cause",
}
RUBBISH = (
    b"\xff\xfe\x00",
    b"",
    b"[1, 2]",
    b"{}",
    b'{"queue_name": "tasks", "actor_name": "run_task", "args": [',
    b"[" * 100_000,
    b'{"queue_name": "tasks", "actor_name": "run_task", "args": 5}',
)


@pytest.fixture(scope="module")
def busy() -> Iterator[Site]:
    """A site on which another task runs all the time, and must not notice."""
    with new_site() as site:
        site.redis()
        site.server()
        site.worker()
        other = site.client.submit("once", tenths=36000, said=3600)
        site.until_state("STARTED", other)
        yield site
        assert site.client.state(other) == "STARTED"


@pytest.fixture
def site(busy: Site) -> Iterator[Site]:
    """The same, and tasks that follow are done."""
    yield busy
    key = next(keys)
    busy.until_state("SUCCESS", *(busy.client.submit("once", key=key, said=s) for s in (1, 60)))
    assert busy.starts()[key] == 2


@pytest.mark.parametrize("metric", CAUSES)
def test_a_task_whose_metric_misbehaves_fails_with_the_cause(site: Site, metric: str) -> None:
    task = site.client.submit(metric)
    site.until_state("FAILURE", task)
    assert CAUSES[metric] in site.client.task(task)["result"]


@pytest.mark.parametrize("metric", ["chatter", "thread"])
def test_a_task_whose_metric_chatters_or_leaves_a_thread_succeeds(site: Site, metric: str) -> None:
    site.until_state("SUCCESS", site.client.submit(metric))


def test_a_text_that_is_no_unicode_ends_its_task(site: Site) -> None:
    assert site.until_final(site.client.submit("surrogate-text")) != ["REVOKED"]


def test_a_program_that_fails_gives_its_reason(site: Site) -> None:
    task = site.client.submit("once", kind=1, key=next(keys))
    site.until_state("FAILURE", task)
    assert "told to fail" in site.client.task(task)["result"]


def test_a_metric_that_cannot_say_how_long_it_takes_fails_with_the_cause(site: Site) -> None:
    task = site.client.submit("fickle")
    site.until_state("FAILURE", task)
    assert "the cause" in site.client.task(task)["result"]


def test_a_message_that_cannot_be_read_fails_its_task_alone() -> None:
    with new_site() as site:
        site.redis()
        site.server()
        good, spoilt = [], []
        for rubbish in RUBBISH:
            good.append(site.client.submit("once"))
            spoilt.append(site.client.submit("once"))
            record = f"sysmon:task:{spoilt[-1].rpartition('/')[2]}"
            message = site.store.hget(record, "message")
            assert message
            site.store.hset("sysmon:queue:tasks.msgs", message, rubbish)
        site.worker()
        site.until_state("FAILURE", *spoilt)
        assert all("message" in site.client.task(task)["result"] for task in spoilt)
        site.until_state("SUCCESS", *good, site.client.submit("once"))


def test_a_message_for_an_unknown_actor_does_not_lose_its_task() -> None:
    with new_site() as site:
        site.redis()
        site.server()
        key = next(keys)
        task = site.client.submit("once", key=key)
        queue = "sysmon:queue:tasks.msgs"
        ((message, body),) = site.store.hgetall(queue).items()
        site.store.hset(queue, message, body.replace("run_task", "another"))
        site.worker()
        site.until_final(task)
        assert site.starts()[key] <= 1


def test_a_metric_that_the_worker_lacks_fails_by_its_name() -> None:
    with new_site() as site:
        site.redis()
        site.server()
        site.worker(plugins=False)
        task, other = site.client.submit("once"), site.client.submit("iostat")
        site.until_state("FAILURE", task)
        assert "metric once is not installed" in site.client.task(task)["result"]
        site.until_state("SUCCESS", other)


def test_invalid_messages_on_the_channel_of_cancels_stop_no_worker_from_listening(
    site: Site,
) -> None:
    site.store.publish("sysmon:cancelled", b"\xff\xfe")
    site.store.publish("sysmon:cancelled", "no such task")
    key = next(keys)
    task = site.client.submit("once", key=key, tenths=36000, said=3600)
    until(lambda: site.starts()[key] == 1)
    assert site.listeners() == 1
    site.client.delete(task)
    until(lambda: not site.running(f"work {key} "))
