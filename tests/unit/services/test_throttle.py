from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage

from sysmon_core.errors import TooManyGuesses
from sysmon_core.services.throttle import AWAY, Throttle
from sysmon_core.tasks.connection import impatient
from tests.conftest import LogLines, MakeSettings

RATES = {
    "guesses_per_address": "8/minute",
    "guesses_per_user_and_address": "3/minute; 5/hour",
    "guesses_per_user": "6/hour",
}
Make = Callable[..., Throttle]


def storage_of(url: str) -> Storage:
    return RedisStorage("redis://", impatient(url).connection_pool, wrap_exceptions=True)


@pytest.fixture(params=["redis", "memory", "away"])
def storage(request: pytest.FixtureRequest, folder: Path) -> Iterator[Storage]:
    """Where guesses are counted: all that hold must keep the same rules."""
    if request.param == "memory":
        yield MemoryStorage()
    elif request.param == "redis":
        yield storage_of(request.getfixturevalue("redis_url"))
    else:
        yield storage_of(f"unix://{folder}/nothing.sock")


@pytest.fixture
def make(make_settings: MakeSettings, storage: Storage) -> Make:
    return lambda **rates: Throttle(make_settings(**RATES | rates), storage)


def guesses(throttle: Throttle, address: str, user: str, most: int = 50) -> int:
    """How many of so many are let through."""
    count = 0
    for _ in range(most):
        try:
            throttle.admit(address, user)
        except TooManyGuesses:
            return count
        count += 1
    return count


def test_of_one_user_from_one_address_a_few_are_let_through(make: Make) -> None:
    throttle = make()
    assert guesses(throttle, "10.0.0.1", "ann") == 3
    assert guesses(throttle, "10.0.0.1", "ann") == 0
    assert guesses(throttle, "10.0.0.1", "bob") == 3
    assert guesses(throttle, "10.0.0.2", "ann") == 3


def test_an_address_that_tries_user_after_user_comes_to_its_end(make: Make) -> None:
    throttle = make()
    assert sum(guesses(throttle, "10.0.0.1", f"user{n}", 1) for n in range(20)) == 8


def test_a_network_of_ipv6_counts_as_one_address(make: Make) -> None:
    throttle = make()
    tries = [guesses(throttle, f"2001:db8::{n}:1", "ann", 1) for n in range(5)]
    assert tries == [1, 1, 1, 0, 0]
    assert guesses(throttle, "2001:db8:0:1::1", "ann") == 3
    assert guesses(throttle, "no address", "ann", 1) == 0  # six of ann from everywhere


def test_a_user_who_is_tried_from_everywhere_comes_to_an_end(make: Make) -> None:
    throttle = make()
    assert sum(guesses(throttle, f"10.0.0.{n}", "ann", 1) for n in range(20)) == 6


def test_nobody_locks_a_user_out_of_where_the_user_has_been(make: Make) -> None:
    throttle = make()
    throttle.admit("10.9.9.9", "ann")
    throttle.succeeded("10.9.9.9", "ann")
    while sum(guesses(throttle, f"10.0.0.{n}", "ann", 1) for n in range(20)):
        pass
    assert guesses(throttle, "10.9.9.9", "ann") == 3
    assert guesses(throttle, "10.9.9.8", "ann") == 0


def test_the_right_password_makes_up_for_the_wrong_ones_before_it(make: Make) -> None:
    throttle = make(guesses_per_address="100/minute")
    for _ in range(4):
        assert guesses(throttle, "10.0.0.1", "ann", 3) == 3
        throttle.succeeded("10.0.0.1", "ann")


def test_it_does_not_for_another_user_or_address(make: Make) -> None:
    throttle = make()
    guesses(throttle, "10.0.0.1", "ann")
    throttle.succeeded("10.0.0.1", "bob")
    throttle.succeeded("10.0.0.2", "ann")
    assert guesses(throttle, "10.0.0.1", "ann") == 0


def test_whoever_is_refused_is_told_when_to_try_again(make: Make) -> None:
    throttle = make(guesses_per_user_and_address="1/minute")
    throttle.admit("10.0.0.1", "ann")
    with pytest.raises(TooManyGuesses) as caught:
        throttle.admit("10.0.0.1", "ann")
    assert 55 <= caught.value.retry_after <= 60


def test_forty_at_once_get_no_more_than_one_after_the_other(make: Make) -> None:
    throttle = make(guesses_per_address="1000/minute", guesses_per_user="1000/minute")
    with ThreadPoolExecutor(40) as pool:
        let = pool.map(lambda _: guesses(throttle, "10.0.0.1", "ann", 1), range(40))
        assert sum(let) == 3


def test_processes_count_together_while_redis_is_there(
    make_settings: MakeSettings, redis_url: str
) -> None:
    first, second = (Throttle(make_settings(**RATES), storage_of(redis_url)) for _ in range(2))
    assert guesses(first, "10.0.0.1", "ann") == 3
    assert guesses(second, "10.0.0.1", "ann") == 0


def test_redis_is_told_neither_names_nor_what_is_typed_in_their_place(
    make_settings: MakeSettings, redis_url: str
) -> None:
    throttle = Throttle(make_settings(**RATES), storage_of(redis_url))
    throttle.admit("10.0.0.1", "canary")
    throttle.succeeded("10.0.0.1", "canary")
    with redis.Redis.from_url(redis_url) as client:
        keys = client.keys()
        assert keys
        assert not [key for key in keys if b"canary" in key]
        assert not [key for key in keys if re.search(rb"[0-9a-f]{5}", key)]  # 16 bits of a digest


class Moody(MemoryStorage):
    """A store that is away at times, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        self.asked += 1
        if self.away:
            raise StorageError(OSError("no water"))
        return super().acquire_entry(key, limit, expiry, amount)


def test_a_store_that_failed_is_left_alone_for_a_while_and_asked_again(
    make_settings: MakeSettings, log_lines: LogLines
) -> None:
    now = 0.0
    store = Moody()
    throttle = Throttle(make_settings(**RATES), store, lambda: now)
    assert guesses(throttle, "10.0.0.1", "ann", 1) == 1
    assert store.asked > 1
    store.asked, store.away = 0, True
    assert guesses(throttle, "10.0.0.1", "ann") == 3
    now = AWAY - 0.1
    assert guesses(throttle, "10.0.0.1", "ann") == 0
    assert store.asked == 1
    store.away = False
    now = AWAY
    assert guesses(throttle, "10.0.0.1", "ann") == 2, "the store knows of one"
    (line,) = log_lines()
    assert line["level"] == "warning"
    assert line["message"] == "guesses are counted by each process alone: no water"


class Earlier(MemoryStorage):
    """A store in which each guess was made twenty seconds earlier."""

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        start, count = super().get_moving_window(key, limit, expiry)
        return (start - 20, count) if count else (start, 0)


def test_the_time_to_wait_begins_with_the_guess(make_settings: MakeSettings) -> None:
    throttle = Throttle(make_settings(guesses_per_user="1/minute"), Earlier())
    throttle.admit("10.0.0.1", "ann")
    with pytest.raises(TooManyGuesses) as caught:
        throttle.admit("10.0.0.1", "ann")
    assert 35 <= caught.value.retry_after <= 40


def test_to_succeed_again_begins_the_month_anew(make_settings: MakeSettings) -> None:
    store = MemoryStorage()
    throttle = Throttle(make_settings(**RATES), store)

    def known_since() -> float:
        (entries,) = [found for key, found in store.events.items() if key.endswith("month")]
        return entries[-1].atime

    throttle.succeeded("10.0.0.1", "ann")
    first = known_since()
    throttle.succeeded("10.0.0.1", "ann")
    assert known_since() > first
