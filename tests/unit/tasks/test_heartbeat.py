"""Which workers live."""

from __future__ import annotations

import time

import pytest
import redis

from sysmon_core.redis_store.keys import UNAVAILABLE, WORKERS
from sysmon_core.tasks.heartbeat import Heartbeat, count_workers, unavailable
from sysmon_core.tasks.limits import ALIVE_SECONDS
from sysmon_core.tasks.records import RedisRecords


def test_workers_are_counted_while_they_live(client: redis.Redis) -> None:
    assert count_workers(client) == 0
    heartbeat = Heartbeat(client)
    for name in ("one", "two", "one"):
        heartbeat.beat(name, 12)
    assert count_workers(client) == 2
    heartbeat.end("one", 12)
    assert count_workers(client) == 1


@pytest.mark.parametrize(
    ("seconds", "lives"), [(-ALIVE_SECONDS - 2, False), (-ALIVE_SECONDS + 3, True), (3600, False)]
)
def test_a_heartbeat_counts_for_some_seconds_and_not_from_before_the_clock_was_set_back(
    seconds: float, lives: bool, client: redis.Redis
) -> None:
    client.zadd(WORKERS, {"12 ours": time.time() + seconds})
    assert count_workers(client) == lives


def test_the_last_one_is_told_and_those_of_long_ago_are_forgotten(
    client: redis.Redis, records: RedisRecords
) -> None:
    assert records.figures().heartbeat is None
    now = time.time()
    client.zadd(WORKERS, {"12 one": now - 900, "12 two": now + 900})
    Heartbeat(client).beat("ours", 12)
    assert client.zrange(WORKERS, 0, -1) == [b"12 ours"]
    assert now - 5 < (records.figures().heartbeat or 0) < now + 15
    assert records.figures().workers == 1


def test_what_hosts_lack_is_reported_while_their_workers_live(client: redis.Redis) -> None:
    lacks = {"dive": "install the s\u00ea\u00e9"}
    one, two = Heartbeat(client, lacks), Heartbeat(client)
    one.beat("one", 12)
    two.beat("two", 12)
    client.zadd(WORKERS, {"12 old": time.time()})  # of an earlier version, which reports nothing
    assert sorted(unavailable(client), key=len) == [{}, lacks]
    one.end("one", 12)
    assert unavailable(client) == [{}]
    client.zadd(WORKERS, {"12 two": time.time() - ALIVE_SECONDS - 2})
    assert unavailable(client) == []
    assert 0 < client.ttl(f"{UNAVAILABLE}12 two") <= 60  # type: ignore[operator]  # redis-py's type
