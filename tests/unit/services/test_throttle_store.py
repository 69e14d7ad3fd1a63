"""The store of the login rate limiter: what it is told, how much it keeps, and when it fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import takewhile

import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.login_counters import RedisRateCounters
from sysmon_core.services.rate_counters import CounterKey, LocalRateCounters
from sysmon_core.services.throttle import STORE_RETRY_SECONDS, Throttle
from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeSettings
from tests.unit.services.guesses import RATES, guesses, succeeds

SHARE = 13 << 20  # bytes of Redis for the rates that are the defaults: a twentieth of it


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
