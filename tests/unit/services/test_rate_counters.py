"""Rate counters: the same limits in our own memory and in Redis, both of a fixed size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.keys import LOGIN_COUNTERS
from sysmon_core.redis_store.login_counters import SECRET, RedisRateCounters
from sysmon_core.services.rate_counters import (
    LIVE_SLICES,
    ROW_BITS,
    SKETCH_ROWS,
    SLICES_PER_WINDOW,
    CounterKey,
    LocalRateCounters,
    RateCounters,
    RateLimit,
)

NOW = 11_574 * 86400.0  # when slices of all rules begin
MINUTE, HOUR = RateLimit("minute", 3, 60), RateLimit("hour", 5, 3600)
SEEN = RateLimit("seen", 1, 86400, bits=1)


@pytest.fixture(params=["redis", "own"])
def counters(request: pytest.FixtureRequest) -> Iterator[RateCounters]:
    if request.param == "own":
        yield LocalRateCounters()
        return
    with api_client(request.getfixturevalue("redis_url")) as client:
        yield RedisRateCounters(client)


def added(counters: RateCounters, keys: list[CounterKey], now: float = NOW, most: int = 20) -> int:
    """Count how often the keys can be counted within their limits."""
    for number in range(most):
        if counters.add(keys, now):
            return number
    return most


def test_a_window_has_room_for_so_many(counters: RateCounters) -> None:
    one, other = CounterKey(MINUTE, "one"), CounterKey(MINUTE, "other")
    assert counters.retry_after([one], NOW) == 0
    assert added(counters, [one]) == 3
    assert counters.retry_after([one], NOW) > 0
    assert counters.retry_after([other], NOW) == 0
    assert added(counters, [CounterKey(HOUR, "one")]) == 5, "another limit counts by itself"


def test_what_has_no_room_in_one_is_counted_in_none(counters: RateCounters) -> None:
    both = [CounterKey(MINUTE, "one"), CounterKey(HOUR, "one")]
    assert added(counters, both) == 3
    for _ in range(9):
        assert counters.add(both, NOW) > 0
    assert added(counters, both[1:]) == 2


def test_there_are_never_more_in_any_stretch_of_a_window(counters: RateCounters) -> None:
    key = CounterKey(MINUTE, "one")
    times = [NOW + second for second in range(600) if counters.add([key], NOW + second) == 0]
    assert len(times) > 3
    assert all(last - first > 60 for first, last in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("offset", [0.0, 1.0, 14.9, 15.0, 31.0, 59.9])
def test_whoever_waits_as_long_as_told_finds_room(counters: RateCounters, offset: float) -> None:
    keys = [CounterKey(MINUTE, "one")]
    begin = NOW + offset
    assert added(counters, keys, begin) == 3
    seconds = counters.retry_after(keys, begin)
    assert 60 <= seconds <= 75
    assert counters.retry_after(keys, begin + seconds - 0.01) > 0
    assert counters.retry_after(keys, begin + seconds + 0.01) == 0


def test_room_comes_as_the_oldest_leaves(counters: RateCounters) -> None:
    keys = [CounterKey(MINUTE, "one")]
    for second in (0, 20, 40):
        assert counters.add(keys, NOW + second) == 0
    assert counters.retry_after(keys, NOW + 41) == pytest.approx(75 - 41, abs=0.01)
    assert added(counters, keys, NOW + 75) == 1


def test_of_several_the_longest_wait_is_told(counters: RateCounters) -> None:
    keys = [CounterKey(MINUTE, "one"), CounterKey(RateLimit("hour", 3, 3600), "one")]
    assert added(counters, keys) == 3
    assert counters.retry_after(keys, NOW) == counters.retry_after(keys[1:], NOW) > 3600


def test_what_is_taken_back_was_never_there(counters: RateCounters) -> None:
    keys = [CounterKey(MINUTE, "one"), CounterKey(HOUR, "one")]
    for _ in range(20):
        assert counters.add(keys, NOW) == 0
        counters.change(keys, NOW, -1)
    assert added(counters, keys) == 3


def test_it_is_taken_back_from_when_it_was_counted(counters: RateCounters) -> None:
    keys = [CounterKey(MINUTE, "one")]
    counters.add(keys, NOW)
    counters.add(keys, NOW + 16)
    counters.change(keys, NOW, -1)
    assert counters.retry_after([CounterKey(RateLimit("minute", 1, 60), "one")], NOW + 16) == 0, (
        "another limit"
    )
    assert added(counters, keys, NOW + 76) == 2, "that of the second slice is still there"


def test_less_than_nothing_is_nothing(counters: RateCounters) -> None:
    keys = [CounterKey(MINUTE, "one")]
    counters.change(keys, NOW, -5)
    assert added(counters, keys) == 3
    counters.change(keys, NOW, -500)
    assert added(counters, keys) == 3


def test_a_thing_is_forgotten_in_all_of_its_window_and_no_other(counters: RateCounters) -> None:
    one, other = [CounterKey(MINUTE, "one")], [CounterKey(MINUTE, "other")]
    for second in (0, 20, 40):
        counters.add(one, NOW + second)
        counters.add(other, NOW + second)
    counters.clear(one, NOW + 41)
    assert added(counters, one, NOW + 41) == 3
    assert added(counters, other, NOW + 41) == 0


def test_a_mark_stays_for_its_window_however_often_it_is_made(counters: RateCounters) -> None:
    mark = [CounterKey(SEEN, "one")]
    for _ in range(5):
        counters.change(mark, NOW, 1)
    assert counters.retry_after(mark, NOW + 86400) > 0
    counters.change(mark, NOW + 86400, 1)
    assert counters.retry_after(mark, NOW + 2 * 86400) > 0
    assert counters.retry_after(mark, NOW + 3 * 86400) == 0
    assert counters.retry_after([CounterKey(SEEN, "other")], NOW) == 0


def test_many_at_once_are_counted_as_one_after_the_other(counters: RateCounters) -> None:
    with ThreadPoolExecutor(20) as pool:
        let = list(pool.map(lambda _: counters.add([CounterKey(HOUR, "one")], NOW) == 0, range(60)))
    assert sum(let) == 5


def test_thousands_of_others_leave_one_its_room(counters: RateCounters) -> None:
    rule = RateLimit("minute", 5, 60)
    for number in range(3000):
        counters.add([CounterKey(rule, f"other {number}")], NOW)
    assert [added(counters, [CounterKey(rule, f"one {number}")]) for number in range(20)] == [
        5
    ] * 20


def memory(client: redis.Redis) -> int:
    """Sum the bytes of all counters in Redis."""
    keys: Any = client.keys(f"{LOGIN_COUNTERS}*")
    sizes: list[Any] = [client.memory_usage(key) for key in keys]
    return sum(sizes)


def test_redis_keeps_no_more_than_its_strings_whatever_is_counted(redis_url: str) -> None:
    with api_client(redis_url) as client:
        counters = RedisRateCounters(client)
        counters.add([CounterKey(HOUR, "first")], NOW)
        one = memory(client)
        assert one < SKETCH_ROWS * ROW_BITS / 8 * 1.2
        for number in range(5000):
            counters.add([CounterKey(HOUR, f"{number}")], NOW + number % 3600)
        assert memory(client) <= SLICES_PER_WINDOW * one
        assert sum(key != SECRET.encode() for key in client.scan_iter()) == SLICES_PER_WINDOW


def test_a_slice_is_gone_from_redis_when_it_counts_no_more(redis_url: str) -> None:
    with api_client(redis_url) as client:
        RedisRateCounters(client).add([CounterKey(HOUR, "one")], NOW + 100)
        (key,) = client.scan_iter(f"{LOGIN_COUNTERS}:hour*")
        assert 4390 < client.ttl(key) <= 4400


def test_own_memory_keeps_no_more_than_that_either() -> None:
    tracemalloc.start()
    try:
        counters = LocalRateCounters()
        for hour in range(50):
            counters.add([CounterKey(HOUR, f"{hour}")], NOW + hour * 900)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < (LIVE_SLICES + 1) * SKETCH_ROWS * ROW_BITS // 8


def test_servers_of_one_redis_count_together_and_strangers_do_not_know_how(redis_url: str) -> None:
    with api_client(redis_url) as client:
        first, second = RedisRateCounters(client), RedisRateCounters(client)
        assert added(first, [CounterKey(HOUR, "one")]) == 5
        assert added(second, [CounterKey(HOUR, "one")]) == 0
        before = client.get(SECRET)
        cells = {client.dump(key) for key in client.keys(f"{LOGIN_COUNTERS}:hour*")}
        client.flushall()
        added(first, [CounterKey(HOUR, "one")])
        assert client.get(SECRET) != before
        assert {client.dump(key) for key in client.keys(f"{LOGIN_COUNTERS}:hour*")} != cells


def test_a_redis_that_is_away_is_told_as_such(folder: Path) -> None:
    counters = RedisRateCounters(api_client(f"unix://{folder}/nothing.sock"))
    for ask in (counters.retry_after, counters.add, counters.clear):
        with pytest.raises(CountersUnavailable, match="nothing"):
            ask([CounterKey(HOUR, "one")], NOW)
