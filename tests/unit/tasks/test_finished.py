"""How many finished tasks are kept, and which are removed first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sysmon_core.metrics.report import Report
from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings, until
from tests.unit.tasks.conftest import PLAIN, text_of

MakeRecords = Callable[..., RedisRecords]


@pytest.fixture
def make_records(client: Any, results: ResultStore, make_settings: MakeSettings) -> MakeRecords:
    """Records with these settings."""
    return lambda **values: RedisRecords(client, results, make_settings(**values))


def finish(
    records: RedisRecords, name: str, client: str = "a", owner: str = "", text: str = "5 m"
) -> str:
    """The id of a task that has succeeded."""
    records.submit(replace(PLAIN, id=name, owner=owner, params={}), client)
    assert records.start(name, "ours")
    assert records.finish(name, "ours", Report(text))
    return name


def kept(records: RedisRecords, client: Any) -> list[str]:
    """The tasks whose records are there; each has its result, and no result is without a record."""
    names = sorted(key.decode().removeprefix(keys.TASK) for key in client.keys(f"{keys.TASK}*"))
    assert all(text_of(records, name) for name in names)
    assert len(client.keys(f"{keys.RESULTS}*")) == len(names)
    return names


def test_of_a_client_the_newest_are_kept(make_records: MakeRecords, client: Any) -> None:
    records = make_records(tasks_kept_per_client=2)
    for name in ("b1", "a1", "a2", "a3"):
        finish(records, name, name[0])
    assert kept(records, client) == ["a2", "a3", "b1"]
    assert records.get("a1") is None


def test_of_all_the_newest_are_kept_and_anonymous_ones_take_none_from_users(
    make_records: MakeRecords, client: Any
) -> None:
    records = make_records(tasks_kept=6)
    for number in range(3):
        finish(records, f"u{number}", "user eve", owner="eve")
    for number in range(8):
        finish(records, f"a{number}", f"address {number}")
    assert kept(records, client) == ["a5", "a6", "a7", "u0", "u1", "u2"]
    finish(records, "u3", "user ida", owner="ida")
    assert kept(records, client) == ["a5", "a6", "a7", "u1", "u2", "u3"]


def test_what_is_kept_has_no_more_bytes_than_it_may(make_records: MakeRecords, client: Any) -> None:
    records = make_records(tasks_kept_bytes=2 * 10_000)
    for number in range(6):
        finish(records, f"a{number}", f"address {number}", text="x" * 3_000)
    assert kept(records, client) == ["a3", "a4", "a5"]
    finish(records, "b", text="x" * 9_500)
    assert kept(records, client) == ["b"]
    finish(records, "c", text="x" * 50_000)  # the newest stays, however large
    assert kept(records, client) == ["c"]
    for number in range(3):
        finish(records, f"d{number}", text="x" * 3_000)
    assert kept(records, client) == ["d0", "d1", "d2"]


@pytest.mark.parametrize("owner", ["", "eve"])
def test_anonymous_ones_are_kept_for_a_time_of_their_own(
    owner: str, make_records: MakeRecords, client: Any
) -> None:
    records = make_records(task_ttl=5000, task_ttl_anonymous=300)
    name = finish(records, "t1", owner=owner)
    (result,) = client.keys(f"{keys.RESULTS}*")
    for key in (keys.TASK + name, result):
        assert 250 < client.ttl(key) <= 5000
        assert (client.ttl(key) <= 300) == (owner == "")
    records = make_records(task_ttl=100, task_ttl_anonymous=300)
    assert client.ttl(keys.TASK + finish(records, "t2", owner=owner)) <= 100


def bookkeeping(client: Any) -> list[object]:
    names = client.keys(f"{keys.FINISHED}*")
    return [*names, sum(map(int, client.hvals(keys.FINISHED_BYTES)))]


def test_nothing_is_left_of_one_that_was_removed(make_records: MakeRecords, client: Any) -> None:
    records = make_records()
    for owner in ("", "eve"):
        records.cancel(finish(records, f"t{owner}", owner=owner))
    assert kept(records, client) == []
    assert bookkeeping(client) == [0]


def test_nothing_is_left_of_those_that_expired(make_records: MakeRecords, client: Any) -> None:
    records = make_records(task_ttl=1)
    for number in range(5):
        finish(records, f"t{number}", owner="eve")
    until(lambda: not client.keys(f"{keys.TASK}*"))

    def swept() -> bool:
        records.sweep()
        return bookkeeping(client) == [0]

    until(swept)


def test_one_that_was_finished_before_an_upgrade_reads_and_is_removed_as_any(
    make_records: MakeRecords, client: Any
) -> None:
    records = make_records(tasks_kept=2)
    name = finish(records, "t1")
    client.hdel(keys.TASK + name, "finished")
    client.delete(keys.FINISHED_BYTES, *client.keys(f"{keys.FINISHED}*"))
    finish(records, "t2")
    finish(records, "t3")
    assert kept(records, client) == ["t1", "t3"]
    task = records.get(name)
    assert task
    assert task.state is State.SUCCESS
    records.cancel(name)
    assert kept(records, client) == ["t3"]
