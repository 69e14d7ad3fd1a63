from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Report
from sysmon_core.services.report_cache import MAX_REPORTS, CachedReport, ReportCache
from tests.conftest import PATIENCE, until
from tests.support.clock import Clock

LIFETIME = 60  # seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ReportCache:
    return ReportCache(clock)


@contextlib.contextmanager
def opened_at_last(gate: threading.Event) -> Iterator[None]:
    """Let nobody wait for a test that has failed."""
    try:
        yield
    finally:
        gate.set()


def counted() -> Callable[[], Report]:
    numbers = itertools.count(1)
    return lambda: Report(str(next(numbers)))


def test_a_reading_is_shown_again_while_it_is_fresh(cache: ReportCache) -> None:
    collect = counted()
    first = cache.get("key", LIFETIME, collect)
    assert first.report.text == "1"
    assert cache.get("key", LIFETIME, collect) is first
    assert cache.get("other", LIFETIME, collect).report.text == "2"


def test_it_is_as_old_as_the_beginning_of_its_run(cache: ReportCache, clock: Clock) -> None:
    def after_a_while() -> Report:
        clock.now += 5
        return Report("")

    cached = cache.get("key", LIFETIME, after_a_while)
    assert (cached.started, cached.expires) == (1000.0, 1000.0 + LIFETIME)


@pytest.mark.parametrize(("age", "shown"), [(LIFETIME - 0.001, "1"), (LIFETIME, "2")])
def test_it_is_never_shown_when_its_lifetime_is_over(
    age: float, shown: str, cache: ReportCache, clock: Clock
) -> None:
    collect = counted()
    assert cache.get("key", LIFETIME, collect).report.text == "1"
    clock.now += age
    assert cache.get("key", LIFETIME, collect).report.text == shown


def test_all_who_ask_at_once_share_one_run(cache: ReportCache) -> None:
    gate, collect = threading.Event(), counted()

    def slow() -> Report:
        gate.wait()
        return collect()

    with ThreadPoolExecutor(8) as pool, opened_at_last(gate):
        asked = [pool.submit(cache.get, "key", LIFETIME, slow) for _ in range(8)]
        until(lambda: sum(one.running() for one in asked) == 8)
        gate.set()
        assert {one.result().report.text for one in asked} == {"1"}


def test_nobody_joins_a_run_that_began_too_long_ago(cache: ReportCache, clock: Clock) -> None:
    begun, gate, collect = threading.Event(), threading.Event(), counted()

    def hangs() -> Report:
        begun.set()
        gate.wait()
        return Report("old")

    with ThreadPoolExecutor() as pool, opened_at_last(gate):
        hanging = pool.submit(cache.get, "key", LIFETIME, hangs)
        assert begun.wait(PATIENCE)
        clock.now += LIFETIME
        assert cache.get("key", LIFETIME, collect).report.text == "1"
        gate.set()
        assert hanging.result().report.text == "old"


def test_an_error_is_told_to_all_who_wait_and_not_kept(cache: ReportCache) -> None:
    gate, collect = threading.Event(), counted()

    def fails() -> Report:
        gate.wait()
        raise MetricFailed("no water")

    with ThreadPoolExecutor(4) as pool, opened_at_last(gate):
        asked = [pool.submit(cache.get, "key", LIFETIME, fails) for _ in range(4)]
        until(lambda: sum(one.running() for one in asked) == 4)
        gate.set()
        assert {type(one.exception()) for one in asked} == {MetricFailed}
    assert cache.get("key", LIFETIME, collect).report.text == "1"


def test_only_so_many_are_kept(cache: ReportCache) -> None:
    collect = counted()
    first = cache.get(0, LIFETIME, collect)
    for number in range(1, MAX_REPORTS + 1):
        cache.get(number, LIFETIME, collect)
    assert cache.get(0, LIFETIME, collect) != first
    assert isinstance(cache.get(MAX_REPORTS, LIFETIME, collect), CachedReport)


def test_what_has_expired_is_dropped_with_its_rows(cache: ReportCache, clock: Clock) -> None:
    gone = weakref.ref(cache.get("old", LIFETIME, counted()).report)
    assert gone() is not None
    clock.now += LIFETIME
    cache.get("new", LIFETIME, counted())
    assert gone() is None
