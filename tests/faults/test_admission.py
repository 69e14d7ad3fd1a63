"""No more tasks are open at once than the settings allow."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import until
from tests.faults.conftest import MakeSite
from tests.faults.site import Site
from tests.support.client import Answer
from tests.support.processes import kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

CAP = 10
THREADS = 32  # of which anonymous tasks that take long have twelve
Ender = Callable[[Site, list[str]], None]


def storm(site: Site, metric: str = "once", **params: int) -> list[Answer]:
    """The answers to 200 submissions at once."""
    with ThreadPoolExecutor(50) as pool:
        return list(pool.map(lambda _: site.client.ask_for(metric, **params), range(200)))


def admitted(answers: list[Answer]) -> list[str]:
    """The tasks that were made, after a look at the refusals."""
    refused = [answer for answer in answers if answer.status != 201]
    assert {answer.status for answer in refused} <= {429}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    return [str(answer.headers["Location"]) for answer in answers if answer.status == 201]


@pytest.mark.parametrize(("setting", "value"), [("tasks_open", 2 * CAP), ("tasks_per_client", CAP)])
def test_of_200_submissions_at_once_as_many_pass_as_the_cap_says(
    make_site: MakeSite, setting: str, value: int
) -> None:
    site = make_site(**{setting: value})
    site.redis()
    site.server()
    assert len(admitted(storm(site))) == CAP
    assert len(admitted(storm(site))) == 0


def test_places_are_free_again_however_tasks_end(make_site: MakeSite) -> None:
    site = make_site(tasks_open=2 * CAP, tasks_per_client=CAP, client_share=1)
    site.redis()
    site.server()
    tasks = admitted(storm(site))
    assert {site.client.delete(task).status for task in tasks} == {204}  # queued ones, revoked
    worker = site.worker(THREADS)
    for kind in (0, 1):  # success, failure
        tasks = admitted(storm(site, kind=kind, tenths=30))
        assert len(tasks) == CAP
        site.until_final(*tasks)
    revoked = admitted(storm(site, tenths=36000, said=3600))
    assert len(revoked) == CAP
    site.until_state("STARTED", revoked[0])
    assert {site.client.delete(task).status for task in revoked} == {204}
    stopped = admitted(storm(site, tenths=36000, said=3600))
    assert len(stopped) == CAP
    site.until_state("STARTED", *stopped)
    assert worker.terminate() == 0
    assert len(admitted(storm(site))) == CAP


def test_places_of_a_lost_worker_are_free_again(make_site: MakeSite) -> None:
    site = make_site(tasks_open=2 * CAP, tasks_per_client=CAP, client_share=1)
    site.redis()
    site.server()
    worker = site.worker(THREADS)
    tasks = admitted(storm(site, tenths=36000, said=3600))
    site.until_state("STARTED", *tasks)
    kill(site.child(worker))
    worker.kill()
    for task in tasks:
        site.let_the_lease_run_out(task)
    site.worker(THREADS)  # nobody looks at the tasks: it must see to it
    until(lambda: site.store.zcard("sysmon:open") == 0, 60)
    assert len(admitted(storm(site, tenths=36000, said=3600))) == CAP
