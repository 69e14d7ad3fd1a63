"""Counting in windows: the same rules in our own memory and in Redis, both of a fixed size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.client import impatient
from sysmon_core.redis_store.keys import GUESSES
from sysmon_core.redis_store.login_counters import SECRET, RedisRateCounters
from sysmon_core.services.windows import (
    BYTE,
    COUNTED,
    ROW_BITS,
    ROWS,
    SLICES,
    LocalRateCounters,
    RateCounters,
    Rule,
    Thing,
)

NOW = 11_574 * 86400.0  # when slices of all rules begin
MINUTE, HOUR = Rule("minute", 3, 60), Rule("hour", 5, 3600)
SEEN = Rule("seen", 1, 86400, bits=1)


@pytest.fixture(params=["redis", "own"])
def windows(request: pytest.FixtureRequest) -> Iterator[RateCounters]:
    if request.param == "own":
        yield LocalRateCounters()
        return
    with impatient(request.getfixturevalue("redis_url")) as client:
        yield RedisRateCounters(client)


def added(windows: RateCounters, things: list[Thing], now: float = NOW, most: int = 20) -> int:
    """How many are counted until there is no room."""
    for number in range(most):
        if windows.add(things, now):
            return number
    return most


def test_a_window_has_room_for_so_many(windows: RateCounters) -> None:
    one, other = Thing(MINUTE, "one"), Thing(MINUTE, "other")
    assert windows.wait([one], NOW) == 0
    assert added(windows, [one]) == 3
    assert windows.wait([one], NOW) > 0
    assert windows.wait([other], NOW) == 0
    assert added(windows, [Thing(HOUR, "one")]) == 5, "another rule counts by itself"


def test_what_has_no_room_in_one_is_counted_in_none(windows: RateCounters) -> None:
    both = [Thing(MINUTE, "one"), Thing(HOUR, "one")]
    assert added(windows, both) == 3
    for _ in range(9):
        assert windows.add(both, NOW) > 0
    assert added(windows, both[1:]) == 2


def test_there_are_never_more_in_any_stretch_of_a_window(windows: RateCounters) -> None:
    thing = Thing(MINUTE, "one")
    times = [NOW + second for second in range(600) if windows.add([thing], NOW + second) == 0]
    assert len(times) > 3
    assert all(last - first > 60 for first, last in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("offset", [0.0, 1.0, 14.9, 15.0, 31.0, 59.9])
def test_whoever_waits_as_long_as_told_finds_room(windows: RateCounters, offset: float) -> None:
    things = [Thing(MINUTE, "one")]
    begin = NOW + offset
    assert added(windows, things, begin) == 3
    seconds = windows.wait(things, begin)
    assert 60 <= seconds <= 75
    assert windows.wait(things, begin + seconds - 0.01) > 0
    assert windows.wait(things, begin + seconds + 0.01) == 0


def test_room_comes_as_the_oldest_leaves(windows: RateCounters) -> None:
    things = [Thing(MINUTE, "one")]
    for second in (0, 20, 40):
        assert windows.add(things, NOW + second) == 0
    assert windows.wait(things, NOW + 41) == pytest.approx(75 - 41, abs=0.01)
    assert added(windows, things, NOW + 75) == 1


def test_of_several_the_longest_wait_is_told(windows: RateCounters) -> None:
    things = [Thing(MINUTE, "one"), Thing(Rule("hour", 3, 3600), "one")]
    assert added(windows, things) == 3
    assert windows.wait(things, NOW) == windows.wait(things[1:], NOW) > 3600


def test_what_is_taken_back_was_never_there(windows: RateCounters) -> None:
    things = [Thing(MINUTE, "one"), Thing(HOUR, "one")]
    for _ in range(20):
        assert windows.add(things, NOW) == 0
        windows.change(things, NOW, -1)
    assert added(windows, things) == 3


def test_it_is_taken_back_from_when_it_was_counted(windows: RateCounters) -> None:
    things = [Thing(MINUTE, "one")]
    windows.add(things, NOW)
    windows.add(things, NOW + 16)
    windows.change(things, NOW, -1)
    assert windows.wait([Thing(Rule("minute", 1, 60), "one")], NOW + 16) == 0, "another rule"
    assert added(windows, things, NOW + 76) == 2, "that of the second slice is still there"


def test_less_than_nothing_is_nothing(windows: RateCounters) -> None:
    things = [Thing(MINUTE, "one")]
    windows.change(things, NOW, -5)
    assert added(windows, things) == 3
    windows.change(things, NOW, -500)
    assert added(windows, things) == 3


def test_a_thing_is_forgotten_in_all_of_its_window_and_no_other(windows: RateCounters) -> None:
    one, other = [Thing(MINUTE, "one")], [Thing(MINUTE, "other")]
    for second in (0, 20, 40):
        windows.add(one, NOW + second)
        windows.add(other, NOW + second)
    windows.clear(one, NOW + 41)
    assert added(windows, one, NOW + 41) == 3
    assert added(windows, other, NOW + 41) == 0


def test_a_mark_stays_for_its_window_however_often_it_is_made(windows: RateCounters) -> None:
    mark = [Thing(SEEN, "one")]
    for _ in range(5):
        windows.change(mark, NOW, 1)
    assert windows.wait(mark, NOW + 86400) > 0
    windows.change(mark, NOW + 86400, 1)
    assert windows.wait(mark, NOW + 2 * 86400) > 0
    assert windows.wait(mark, NOW + 3 * 86400) == 0
    assert windows.wait([Thing(SEEN, "other")], NOW) == 0


def test_many_at_once_are_counted_as_one_after_the_other(windows: RateCounters) -> None:
    with ThreadPoolExecutor(20) as pool:
        let = list(pool.map(lambda _: windows.add([Thing(HOUR, "one")], NOW) == 0, range(60)))
    assert sum(let) == 5


def test_thousands_of_others_leave_one_its_room(windows: RateCounters) -> None:
    rule = Rule("minute", 5, 60)
    for number in range(3000):
        windows.add([Thing(rule, f"other {number}")], NOW)
    assert [added(windows, [Thing(rule, f"one {number}")]) for number in range(20)] == [5] * 20


def memory(client: redis.Redis) -> int:
    """The bytes that all counters take in Redis."""
    keys: Any = client.keys(f"{GUESSES}*")
    sizes: list[Any] = [client.memory_usage(key) for key in keys]
    return sum(sizes)


def test_redis_keeps_no_more_than_its_strings_whatever_is_counted(redis_url: str) -> None:
    with impatient(redis_url) as client:
        windows = RedisRateCounters(client)
        windows.add([Thing(HOUR, "first")], NOW)
        one = memory(client)
        assert one < ROWS * ROW_BITS / 8 * 1.2
        for number in range(5000):
            windows.add([Thing(HOUR, f"{number}")], NOW + number % 3600)
        assert memory(client) <= SLICES * one
        assert sum(key != SECRET.encode() for key in client.scan_iter()) == SLICES


def test_a_slice_is_gone_from_redis_when_it_counts_no_more(redis_url: str) -> None:
    with impatient(redis_url) as client:
        RedisRateCounters(client).add([Thing(HOUR, "one")], NOW + 100)
        (key,) = client.scan_iter(f"{GUESSES}:hour*")
        assert 4390 < client.ttl(key) <= 4400


def test_own_memory_keeps_no_more_than_that_either() -> None:
    tracemalloc.start()
    try:
        windows = LocalRateCounters()
        for hour in range(50):
            windows.add([Thing(HOUR, f"{hour}")], NOW + hour * 900)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < (COUNTED + 1) * ROWS * ROW_BITS // BYTE


def test_servers_of_one_redis_count_together_and_strangers_do_not_know_how(redis_url: str) -> None:
    with impatient(redis_url) as client:
        first, second = RedisRateCounters(client), RedisRateCounters(client)
        assert added(first, [Thing(HOUR, "one")]) == 5
        assert added(second, [Thing(HOUR, "one")]) == 0
        before = client.get(SECRET)
        cells = {client.dump(key) for key in client.keys(f"{GUESSES}:hour*")}
        client.flushall()
        added(first, [Thing(HOUR, "one")])
        assert client.get(SECRET) != before
        assert {client.dump(key) for key in client.keys(f"{GUESSES}:hour*")} != cells


def test_a_redis_that_is_away_is_told_as_such(folder: Path) -> None:
    windows = RedisRateCounters(impatient(f"unix://{folder}/nothing.sock"))
    for ask in (windows.wait, windows.add, windows.clear):
        with pytest.raises(CountersUnavailable, match="nothing"):
            ask([Thing(HOUR, "one")], NOW)
