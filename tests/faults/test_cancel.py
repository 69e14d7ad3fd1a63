"""After the 204 of a DELETE a task does not run, and does not run on."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.conftest import until
from tests.faults.site import Site, new_site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

keys = count(1)
GONE = 3.0  # seconds


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site that works; each test uses keys of its own."""
    with new_site() as site:
        site.redis()
        site.server()
        site.worker()
        yield site


def busy(site: Site, key: int, kind: int = 0) -> str:
    """A task that runs for an hour, its program started."""
    task = site.client.submit("once", key=key, kind=kind, tenths=36000, said=3600)
    until(lambda: site.starts()[key] == 1)
    return task


def is_gone(site: Site, key: int) -> Callable[[], bool]:
    """Whether no process of the session is left that the program with this key began."""
    lines = (site.programs / "starts").read_text().splitlines()
    sessions = [int(pid) for number, pid in map(str.split, lines) if int(number) == key]
    return lambda: not any(one.session in sessions for one in site.processes().values())


def test_a_queued_task_never_runs_after_its_204() -> None:
    with new_site() as site:
        site.redis()
        site.server()
        cancelled = [site.client.submit("once", key=1, said=said) for said in (1, 60, 600)]
        last = [site.client.submit("once", key=2, said=said) for said in (1, 60, 600)]
        assert {site.client.delete(task).status for task in cancelled} == {204}
        site.until_state("REVOKED", *cancelled)
        site.worker()
        site.until_state("SUCCESS", *last)
        assert site.starts() == {2: 3}
        site.until_state("REVOKED", *cancelled)


def test_a_running_task_reads_revoked_from_its_204_on_and_its_processes_are_gone(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    times = []
    for _ in range(20):
        key = next(keys)
        task = busy(site, key)
        gone = is_gone(site, key)
        begin = time.monotonic()
        assert site.client.delete(task).status == 204
        assert site.client.state(task) == "REVOKED"
        until(gone, GONE)
        times.append(time.monotonic() - begin)
    median = statistics.median(times)
    record_property("delete_to_gone_p50_seconds", median)
    print(f"from DELETE to the end of its processes: p50 {median * 1000:.1f} ms")  # noqa: T201 - for the reader
    assert median < 1


def test_the_204_itself_mostly_waits_until_the_processes_are_gone(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    times, late = [], 0
    for _ in range(20):
        key = next(keys)
        task = busy(site, key)
        gone = is_gone(site, key)
        answer = site.client.delete(task)
        late += not gone()
        times.append(answer.seconds)
    median = statistics.median(times)
    record_property("delete_p50_seconds", median)
    print(f"DELETE of a running task: p50 {median * 1000:.1f} ms, {late} of 20 before its end")  # noqa: T201 - for the reader
    assert late < 10


def test_processes_that_ignore_the_signal_are_gone_too_grandchildren_included(site: Site) -> None:
    key = next(keys)
    task = busy(site, key, kind=2)
    until(lambda: site.running("tail -f") >= 2)
    assert site.client.delete(task).status == 204
    assert site.client.state(task) == "REVOKED"
    until(is_gone(site, key), GONE)
    assert not site.running("tail -f")


def test_a_python_function_that_ignores_signals_is_killed_with_its_child(site: Site) -> None:
    task = site.client.submit("children")
    until(lambda: site.running("tail -f"))
    assert site.client.delete(task).status == 204
    until(is_gone(site, 0), GONE)
    assert not site.running("tail -f")
    assert site.client.state(task) == "REVOKED"


def test_a_task_is_cancelled_although_the_message_about_it_is_lost(site: Site) -> None:
    key = next(keys)
    task = busy(site, key)
    site.store.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    assert site.client.delete(task).status == 204
    assert site.client.state(task) == "REVOKED"
    until(is_gone(site, key), GONE)


def test_cancels_that_race_with_starts_and_ends_leave_one_state_and_no_process(site: Site) -> None:
    key = next(keys)

    def race(tenths: int) -> list[str]:
        task = site.client.submit("once", key=key, tenths=tenths % 3, said=1)
        time.sleep(tenths / 100)  # the cancel meets the task at another moment of its life
        status = site.client.delete(task).status
        answers = [site.client.get(task) for _ in range(3)]
        return [str(status), *(a.json["state"] if a.status == 200 else "404" for a in answers)]

    with ThreadPoolExecutor(8) as pool:
        histories = list(pool.map(race, range(80)))
    assert {tuple(history) for history in histories} <= {
        ("204", "REVOKED", "REVOKED", "REVOKED"),
        ("204", "404", "404", "404"),  # it had ended before
    }
    until(is_gone(site, key), GONE)


def test_a_deleted_record_is_gone_and_stays_gone(site: Site) -> None:
    task = busy(site, next(keys))
    assert [site.client.delete(task).status for _ in range(3)] == [204, 204, 404]
    done = site.client.submit("once", key=next(keys))
    site.until_state("SUCCESS", done)
    assert [site.client.delete(done).status for _ in range(2)] == [204, 404]
    assert site.client.get(done).status == 404
