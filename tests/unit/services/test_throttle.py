"""The login rate limiter, by the limits of the settings, with each store of counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sysmon_core.errors import TooManyGuesses
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.login_counters import RedisRateCounters
from sysmon_core.services.rate_counters import LocalRateCounters, RateCounters
from sysmon_core.services.throttle import Throttle
from tests.conftest import MakeSettings
from tests.unit.services.guesses import RATES, guesses, succeeds

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
