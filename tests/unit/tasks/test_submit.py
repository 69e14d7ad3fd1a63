"""Which tasks are accepted, in which queue, and when their places are free again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import redis

from sysmon_core.errors import TasksUnavailable, TooManyTasks
from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.queues import USERS_BRIEF, USERS_LONG, encode_message
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.scripts import transition
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import (
    DONE,
    FAILED,
    PLAIN,
    Reach,
    bodies,
    expires,
    find_lost,
    queued,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.mark.parametrize(("brief", "queue"), [(True, USERS_BRIEF), (False, USERS_LONG)])
def test_what_is_submitted_is_queued_with_those_of_its_kind(
    brief: bool, queue: str, records: RedisRecords, client: redis.Redis
) -> None:
    for name in ("t1", "t2"):
        records.submit(replace(PLAIN, id=name, brief=brief), "somebody")
    assert queued(client, queue) == ["t1", "t2"]
    assert client.llen(keys.WAKE + queue) == 2
    assert not queued(client, USERS_LONG if brief else USERS_BRIEF)


# The records of these tests have room for three open tasks, two of them of one client.
@pytest.mark.parametrize(
    ("fit", "refused", "reason"),
    [
        (["eve", "eve", "ida"], "ann", "All places"),
        (["eve", "eve"], "eve", "as many open tasks"),
        (["", ""], "", "as many open tasks"),
        (["eve", "ida", "eve"], "eve", "All places"),
    ],
)
def test_no_more_tasks_are_open_than_may_be_and_nothing_is_left_of_one_more(
    fit: Sequence[str], refused: str, reason: str, records: RedisRecords, client: redis.Redis
) -> None:
    ids = [f"t{number}" for number, _ in enumerate(fit)]
    for task_id, owner in zip(ids, fit, strict=True):
        records.submit(replace(PLAIN, id=task_id), owner)
    with pytest.raises(TooManyTasks, match=reason):
        records.submit(replace(PLAIN, id="one more"), refused)
    assert not client.exists(keys.TASK + "one more")
    assert sorted(queued(client, USERS_LONG)) == ids
    assert client.zcard(keys.OPEN) == len(ids)


def discard(records: RedisRecords, client: redis.Redis) -> None:
    for body in bodies(client, USERS_LONG).values():
        records.discard_unreadable(USERS_LONG, body)


def cancel(records: RedisRecords, _: redis.Redis) -> None:
    records.confirm_stopped(ID)
    records.cancel(ID)


@pytest.mark.parametrize(
    ("state", "end"),
    [
        pytest.param(STARTED, lambda records, _: records.finish(ID, "ours", DONE), id="success"),
        pytest.param(STARTED, lambda records, _: records.finish(ID, "ours", FAILED), id="failure"),
        pytest.param(QUEUED, cancel, id="cancel of a queued one"),
        pytest.param(RETRY, cancel, id="cancel of one that waits again"),
        pytest.param(STARTED, cancel, id="cancel of a running one"),
        pytest.param(STARTED, find_lost, id="loss of its worker"),
        pytest.param(QUEUED, discard, id="discarding of its message"),
    ],
)
def test_a_task_has_its_place_until_it_ends_in_whatever_way(
    state: State,
    end: Callable[[RedisRecords, redis.Redis], object],
    records: RedisRecords,
    client: redis.Redis,
    reach: Reach,
) -> None:
    reach(state)
    assert client.zrange(keys.OPEN, 0, -1) == [f"{ID} {USERS_LONG} somebody".encode()]
    assert client.zrange(keys.OPEN_OF_CLIENT + "somebody", 0, -1) == [ID.encode()]
    end(records, client)
    assert not client.exists(keys.OPEN, keys.OPEN_OF_CLIENT + "somebody", keys.LEASES)
    assert expires(client)


@pytest.mark.parametrize(("seconds", "answer"), [(-1, b"LATE"), (20, b"OK")])
def test_a_submission_that_redis_comes_to_too_late_leaves_nothing(
    seconds: int, answer: bytes, client: redis.Redis
) -> None:
    fields = ("metric", "dive", "params", "{}", "owner", "", "repeatable", 0)
    submit = client.register_script(transition("submit"))
    arguments: list[str | bytes | float] = [
        ID,
        time.time() + seconds,
        9,
        "",
        9,
        "eve",
        USERS_LONG,
        *encode_message(ID, USERS_LONG),
        *("", "", "", 0),
        *fields,
    ]
    assert submit((), arguments)[0] == answer
    assert bool(client.keys()) == (answer == b"OK")


class Hesitant(redis.Redis):
    """A client to whose commands the server comes a minute late."""

    def time(self, **_: object) -> tuple[int, int]:
        return int(time.time()) - 60, 0


def test_a_submission_that_was_too_late_is_an_error(
    client: redis.Redis, results: ResultStore, make_settings: MakeSettings
) -> None:
    late = RedisRecords(Hesitant(connection_pool=client.connection_pool), results, make_settings())
    with pytest.raises(TasksUnavailable, match="too long"):
        late.submit(PLAIN, "somebody")
    assert client.keys() == []
