from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.errors import MetricFailed
from sysmon_core.services.readings import MOST, Reading, Readings, Result
from tests.conftest import until

LONG, SHORT = 3600, 1


@pytest.fixture
def readings() -> Readings:
    return Readings()


@contextlib.contextmanager
def opened_at_last(gate: threading.Event) -> Iterator[None]:
    """Let nobody wait for a test that has failed."""
    try:
        yield
    finally:
        gate.set()


def counted() -> Callable[[], Result]:
    numbers = itertools.count(1)
    return lambda: {"fish": str(next(numbers))}


def test_a_reading_is_shown_again_while_it_is_fresh(readings: Readings) -> None:
    collect = counted()
    first = readings.get("key", LONG, collect)
    assert first.result == {"fish": "1"}
    assert readings.get("key", LONG, collect) is first
    assert readings.get("other", LONG, collect).result == {"fish": "2"}


def test_it_is_as_old_as_the_beginning_of_its_run(readings: Readings) -> None:
    def after_a_while() -> Result:
        time.sleep(0.05)
        return {}

    before = time.monotonic()
    reading = readings.get("key", SHORT, after_a_while)
    assert before <= reading.born <= time.monotonic() - 0.05
    assert reading.expires == reading.born + SHORT


def test_it_is_never_shown_when_its_lifetime_is_over(readings: Readings) -> None:
    collect = counted()
    end = time.monotonic() + 2.5
    seen = set()
    while time.monotonic() < end:
        reading = readings.get("key", SHORT, collect)
        assert time.monotonic() - reading.born < SHORT + 0.5  # told at once, on a busy machine
        seen.add(reading.result["fish"])
    assert seen == {"1", "2", "3"}


def test_all_who_ask_at_once_share_one_run(readings: Readings) -> None:
    gate, collect = threading.Event(), counted()

    def slow() -> Result:
        gate.wait()
        return collect()

    with ThreadPoolExecutor(8) as pool, opened_at_last(gate):
        asked = [pool.submit(readings.get, "key", LONG, slow) for _ in range(8)]
        until(lambda: sum(one.running() for one in asked) == 8)
        gate.set()
        assert {one.result().result["fish"] for one in asked} == {"1"}


def test_nobody_joins_a_run_that_began_too_long_ago(readings: Readings) -> None:
    gate, collect = threading.Event(), counted()

    def hangs() -> Result:
        gate.wait()
        return {"fish": "old"}

    with ThreadPoolExecutor() as pool, opened_at_last(gate):
        hanging = pool.submit(readings.get, "key", SHORT, hangs)
        until(hanging.running)
        time.sleep(SHORT)
        assert readings.get("key", SHORT, collect).result == {"fish": "1"}
        gate.set()
        assert hanging.result().result == {"fish": "old"}


def test_an_error_is_told_to_all_who_wait_and_not_kept(readings: Readings) -> None:
    gate, collect = threading.Event(), counted()

    def fails() -> Result:
        gate.wait()
        raise MetricFailed("no water")

    with ThreadPoolExecutor(4) as pool, opened_at_last(gate):
        asked = [pool.submit(readings.get, "key", LONG, fails) for _ in range(4)]
        until(lambda: sum(one.running() for one in asked) == 4)
        gate.set()
        assert {type(one.exception()) for one in asked} == {MetricFailed}
    assert readings.get("key", LONG, collect).result == {"fish": "1"}


def test_only_so_many_are_kept(readings: Readings) -> None:
    collect = counted()
    first = readings.get(0, LONG, collect)
    for number in range(1, MOST + 1):
        readings.get(number, LONG, collect)
    assert readings.get(0, LONG, collect) != first
    assert isinstance(readings.get(MOST, LONG, collect), Reading)
