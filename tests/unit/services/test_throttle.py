"""The login rate limiter, by the limits of the settings, with each store of counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path

import pytest
import redis

from sysmon_core.errors import CountersUnavailable, TooManyGuesses
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.login_counters import RedisRateCounters
from sysmon_core.services.rate_counters import (
    CounterKey,
    LocalRateCounters,
    RateCounters,
)
from sysmon_core.services.throttle import STORE_RETRY_SECONDS, Throttle
from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeSettings

RATES = {
    "guesses_per_address": "8/minute",
    "guesses_per_user_and_address": "3/minute; 5/hour",
    "guesses_per_user": "6/hour",
}
SHARE = 13 << 20  # bytes of Redis for the rates that are the defaults: a twentieth of it
Make = Callable[..., Throttle]


@pytest.fixture(params=["redis", "memory", "away"])
def storage(request: pytest.FixtureRequest, folder: Path) -> Iterator[RateCounters]:
    """Stores of counters: the limits hold with each, also with one that cannot be reached."""
    if request.param == "memory":
        yield LocalRateCounters()
    elif request.param == "redis":
        yield RedisRateCounters(api_client(request.getfixturevalue("redis_url")))
    else:
        yield RedisRateCounters(api_client(f"unix://{folder}/nothing.sock"))


@pytest.fixture
def make(make_settings: MakeSettings, storage: RateCounters) -> Make:
    return lambda **rates: Throttle(make_settings(**RATES | rates), storage)


def guesses(throttle: Throttle, address: str, user: str, most: int = 50) -> int:
    """Count the wrong guesses of so many that the limits admit."""
    for count in range(most):
        try:
            throttle.admit(throttle.check(address, user))
        except TooManyGuesses:
            return count
    return most


def succeeds(throttle: Throttle, address: str, user: str) -> None:
    guess = throttle.check(address, user)
    throttle.admit(guess)
    throttle.succeeded(guess)


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
    succeeds(throttle, "10.9.9.9", "ann")
    while sum(guesses(throttle, f"10.0.0.{n}", "ann", 1) for n in range(20)):
        pass
    assert guesses(throttle, "10.9.9.9", "ann") == 3
    assert guesses(throttle, "10.9.9.8", "ann") == 0


def test_the_right_password_makes_up_for_the_wrong_ones_before_it(make: Make) -> None:
    throttle = make(guesses_per_address="100/minute", guesses_per_user="100/hour")
    for _ in range(4):
        assert guesses(throttle, "10.0.0.1", "ann", 2) == 2
        succeeds(throttle, "10.0.0.1", "ann")


def test_it_does_not_for_another_user_or_address(make: Make) -> None:
    throttle = make()
    guesses(throttle, "10.0.0.1", "ann")
    succeeds(throttle, "10.0.0.1", "bob")
    succeeds(throttle, "10.0.0.2", "ann")
    assert guesses(throttle, "10.0.0.1", "ann") == 0


def test_right_ones_cost_an_address_nothing(make: Make) -> None:
    throttle = make()
    for number in range(30):
        succeeds(throttle, "10.0.0.1", f"user{number}")
    assert sum(guesses(throttle, "10.0.0.1", f"other{n}", 1) for n in range(20)) == 8


def test_right_ones_cost_a_user_nothing(make: Make) -> None:
    throttle = make()
    for number in range(30):
        succeeds(throttle, f"10.0.0.{number}", "ann")
    assert sum(guesses(throttle, f"10.0.1.{n}", "ann", 1) for n in range(20)) == 6


def test_one_who_is_refused_all_day_leaves_the_address_to_the_others(make: Make) -> None:
    throttle = make()
    assert guesses(throttle, "10.0.0.1", "job") == 3
    for _ in range(100):
        assert guesses(throttle, "10.0.0.1", "job", 1) == 0
    for number in range(20):
        succeeds(throttle, "10.0.0.1", f"user{number}")
    assert sum(guesses(throttle, "10.0.0.1", f"other{n}", 1) for n in range(20)) == 5


def test_who_is_known_goes_on_where_all_guesses_are_used_up(make: Make) -> None:
    throttle = make()
    succeeds(throttle, "10.0.0.1", "ann")
    assert sum(guesses(throttle, "10.0.0.1", f"other{n}", 1) for n in range(20)) == 8
    assert guesses(throttle, "10.0.0.1", "bob", 1) == 0
    succeeds(throttle, "10.0.0.1", "ann")
    assert guesses(throttle, "10.0.0.1", "ann") == 3, "by the rule of user and address"


def test_to_ask_whether_one_may_guess_is_no_guess(make: Make) -> None:
    throttle = make()
    for _ in range(50):
        throttle.check("10.0.0.1", "ann")
    assert guesses(throttle, "10.0.0.1", "ann") == 3


def test_whoever_is_refused_is_told_when_to_try_again(
    make_settings: MakeSettings, storage: RateCounters
) -> None:
    now = time.time()
    config = make_settings(guesses_per_user_and_address="1/minute")
    throttle = Throttle(config, storage, now=lambda: now)
    assert guesses(throttle, "10.0.0.1", "ann") == 1
    with pytest.raises(TooManyGuesses) as caught:
        throttle.check("10.0.0.1", "ann")
    assert 60 <= caught.value.retry_after <= 75
    now += caught.value.retry_after - 1.01
    assert guesses(throttle, "10.0.0.1", "ann") == 0
    now += 1.01
    assert guesses(throttle, "10.0.0.1", "ann") == 1


def test_forty_at_once_get_no_more_than_one_after_the_other(make: Make) -> None:
    throttle = make(guesses_per_address="1000/minute", guesses_per_user="1000/minute")
    with ThreadPoolExecutor(40) as pool:
        let = pool.map(lambda _: guesses(throttle, "10.0.0.1", "ann", 1), range(40))
        assert sum(let) == 3


def test_processes_count_together_while_redis_is_there(
    make_settings: MakeSettings, redis_url: str
) -> None:
    first, second = (
        Throttle(make_settings(**RATES), RedisRateCounters(api_client(redis_url))) for _ in range(2)
    )
    assert guesses(first, "10.0.0.1", "ann") == 3
    assert guesses(second, "10.0.0.1", "ann") == 0


def test_redis_is_told_neither_names_nor_what_is_typed_in_their_place(
    make_settings: MakeSettings, redis_url: str
) -> None:
    throttle = Throttle(make_settings(**RATES), RedisRateCounters(api_client(redis_url)))
    with redis.Redis.from_url(redis_url) as client, client.monitor() as monitor:
        succeeds(throttle, "10.0.0.1", "canary")
        client.echo("the end")
        commands = list(takewhile(lambda one: "the end" not in one["command"], monitor.listen()))
    assert len(commands) > 1
    assert not [one for one in commands if "canary" in one["command"]]


def test_many_names_are_the_same_to_the_store(make_settings: MakeSettings) -> None:
    """So little of a name is given to it that nobody can tell a name by that."""
    labels: list[str] = []

    class Listening(LocalRateCounters):
        def change(self, keys: Sequence[CounterKey], when: float, by: int) -> None:
            labels.extend(key.name for key in keys if "10.0.0.1" not in key.name)
            super().change(keys, when, by)

    throttle = Throttle(make_settings(), Listening())
    for number in range(2000):
        succeeds(throttle, "10.0.0.1", f"user{number}")
    assert 0 < len(set(labels)) < 2000


def test_guesses_from_ever_new_addresses_have_a_bounded_share_of_redis(redis_url: str) -> None:
    now = time.time()
    with api_client(redis_url) as client:
        throttle = Throttle(Settings(), RedisRateCounters(client), now=lambda: now)
        for number in range(4000):
            if number % 800 == 0:
                now += 8 * 86400  # so that all rules begin to count anew, and none has forgotten
            address, user = f"2001:db8:{number:x}::1", f"user{number}"
            guess = throttle.check(address, user)
            throttle.admit(guess)
            if number % 2:
                throttle.succeeded(guess)
        assert 0 < sum(client.memory_usage(key) or 0 for key in client.scan_iter()) < SHARE


class Moody(LocalRateCounters):
    """A store that fails while ``away``, and counts how often it is used."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    def retry_after(self, keys: Sequence[CounterKey], now: float) -> float:
        self.asked += 1
        if self.away:
            raise CountersUnavailable("no water")
        return super().retry_after(keys, now)


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
    now = STORE_RETRY_SECONDS - 0.1
    assert guesses(throttle, "10.0.0.1", "ann") == 0
    assert store.asked == 1
    store.away = False
    now = STORE_RETRY_SECONDS
    assert guesses(throttle, "10.0.0.1", "ann") == 2, "the store knows of one"
    (line,) = log_lines()
    assert line["level"] == "warning"
    assert line["message"] == "guesses are counted by each process alone: no water"


def test_to_succeed_again_begins_the_month_anew(make_settings: MakeSettings) -> None:
    now, day = time.time(), 86400
    throttle = Throttle(make_settings(**RATES), LocalRateCounters(), now=lambda: now)
    for _ in range(3):
        assert not throttle.check("10.0.0.1", "bob").known
        succeeds(throttle, "10.0.0.1", "ann")
        now += 29 * day
        assert throttle.check("10.0.0.1", "ann").known
    now += 10 * day
    assert not throttle.check("10.0.0.1", "ann").known
