"""Nobody's tasks keep another's from starting, however many there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.conftest import until
from tests.faults.conftest import MakeSite
from tests.faults.site import LOST_SECONDS, Site
from tests.support.client import Client
from tests.support.processes import kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

MOMENT = 3.0  # seconds: one is the promise, on a machine that is not busy
THREADS = 16  # of which 12 are for long tasks: six for anonymous ones, three for one client
MANY = 500
LASTING = {"tenths": 36000, "said": 3600}


def crowd(client: Client, number: int = MANY, **params: int) -> list[str]:
    """Many tasks of one client, asked for at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda n: client.submit("once", key=n, **params), range(number)))


def running(site: Site) -> int:
    """How many tasks run."""
    return int(site.store.zcard("sysmon:leases"))


@pytest.fixture
def two(make_site: MakeSite) -> tuple[Site, Client, Client]:
    """A site that works, and two clients of it, each behind a network of its own."""
    site = make_site(trusted_proxies="127.0.0.1")
    site.redis()
    site.server()
    addresses = ("2001:db8:1::1", "2001:db8:2::1")
    one, other = (replace(site.client, address=address) for address in addresses)
    return site, one, other


@pytest.mark.parametrize("said", [3600, 1])
def test_the_task_of_one_client_starts_at_once_beside_500_of_another(
    two: tuple[Site, Client, Client], said: int
) -> None:
    site, one, other = two
    site.worker(THREADS)
    crowd(one, tenths=36000, said=said)
    until(lambda: running(site) == 3)
    for key in range(1000, 1003):
        task = other.submit("once", key=key, tenths=36000, said=said)
        until(lambda key=key: site.starts()[key] == 1, MOMENT)  # type: ignore[misc]
        assert other.delete(task).status == 204
    assert running(site) == 3


def test_addresses_of_one_network_are_one_client(two: tuple[Site, Client, Client]) -> None:
    site, one, other = two
    site.worker(THREADS)
    crowd(one, 10, **LASTING)
    crowd(replace(one, address="2001:db8:1::2"), 10, **LASTING)
    until(lambda: running(site) == 3)
    task = other.submit("once", key=1000, **LASTING)
    site.until_state("STARTED", task, seconds=MOMENT)
    assert running(site) == 4
    assert sorted(site.store.keys("sysmon:open:*")) == [
        "sysmon:open:address 2001:db8:1::/64",
        "sysmon:open:address 2001:db8:2::/64",
    ]


def test_a_clients_queued_task_starts_when_one_of_its_others_ends(
    two: tuple[Site, Client, Client],
) -> None:
    site, one, _ = two
    site.worker(THREADS)
    tasks = [one.submit("once", key=n, **LASTING) for n in range(6)]
    for ended in range(3):
        until(lambda ended=ended: site.starts().total() == 3 + ended)  # type: ignore[misc]
        assert one.delete(tasks[ended]).status == 204
        until(lambda ended=ended: site.starts()[3 + ended] == 1, MOMENT)  # type: ignore[misc]
    assert set(site.starts().values()) == {1}


def test_a_clients_queued_tasks_start_when_the_worker_of_its_others_is_killed(
    two: tuple[Site, Client, Client],
) -> None:
    site, one, _ = two
    worker = site.worker(THREADS)
    lost = [one.submit("once", key=n, **LASTING) for n in range(3)]
    until(lambda: site.starts().total() == 3)
    waiting = [one.submit("once", key=10 + n, said=3600) for n in range(6)]
    kill(site.child(worker))
    worker.kill()
    site.worker(THREADS)
    site.until_state("SUCCESS", *waiting, seconds=LOST_SECONDS)
    site.until_state("FAILURE", *lost)
    assert set(site.starts().values()) == {1}


def test_anonymous_tasks_have_half_of_the_threads_and_a_users_starts_at_once(
    two: tuple[Site, Client, Client],
) -> None:
    site, one, other = two
    user = replace(site.client, user=site.add_user("eve"))
    site.worker(THREADS)
    for client in (one, other, replace(one, address="2001:db8:3::1")):
        crowd(client, 50, **LASTING)
        crowd(client, 50, tenths=36000, said=1)
    until(lambda: running(site) == THREADS // 2)
    for key, said in ((1000, 3600), (1001, 1)):
        task = user.submit("once", key=key, tenths=36000, said=said)
        until(lambda key=key: site.starts()[key] == 1, MOMENT)  # type: ignore[misc]
        assert running(site) == THREADS // 2 + 1
        assert user.delete(task).status == 204
        until(lambda: running(site) == THREADS // 2)
