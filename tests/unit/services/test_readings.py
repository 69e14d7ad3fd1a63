from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Report
from sysmon_core.services.report_cache import MAX_REPORTS, CachedReport, ReportCache
from tests.conftest import until

LONG, SHORT = 3600, 1


@pytest.fixture
def readings() -> ReportCache:
    return ReportCache()


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


def test_a_reading_is_shown_again_while_it_is_fresh(readings: ReportCache) -> None:
    collect = counted()
    first = readings.get("key", LONG, collect)
    assert first.report.text == "1"
    assert readings.get("key", LONG, collect) is first
    assert readings.get("other", LONG, collect).report.text == "2"


def test_it_is_as_old_as_the_beginning_of_its_run(readings: ReportCache) -> None:
    def after_a_while() -> Report:
        time.sleep(0.05)
        return Report("")

    before = time.monotonic()
    reading = readings.get("key", SHORT, after_a_while)
    assert before <= reading.started <= time.monotonic() - 0.05
    assert reading.expires == reading.started + SHORT


def test_it_is_never_shown_when_its_lifetime_is_over(readings: ReportCache) -> None:
    collect = counted()
    end = time.monotonic() + 2.5
    seen = set()
    while time.monotonic() < end:
        reading = readings.get("key", SHORT, collect)
        assert time.monotonic() - reading.started < SHORT + 0.5  # told at once, on a busy machine
        seen.add(reading.report.text)
    assert seen == {"1", "2", "3"}


def test_all_who_ask_at_once_share_one_run(readings: ReportCache) -> None:
    gate, collect = threading.Event(), counted()

    def slow() -> Report:
        gate.wait()
        return collect()

    with ThreadPoolExecutor(8) as pool, opened_at_last(gate):
        asked = [pool.submit(readings.get, "key", LONG, slow) for _ in range(8)]
        until(lambda: sum(one.running() for one in asked) == 8)
        gate.set()
        assert {one.result().report.text for one in asked} == {"1"}


def test_nobody_joins_a_run_that_began_too_long_ago(readings: ReportCache) -> None:
    gate, collect = threading.Event(), counted()

    def hangs() -> Report:
        gate.wait()
        return Report("old")

    with ThreadPoolExecutor() as pool, opened_at_last(gate):
        hanging = pool.submit(readings.get, "key", SHORT, hangs)
        until(hanging.running)
        time.sleep(SHORT)
        assert readings.get("key", SHORT, collect).report.text == "1"
        gate.set()
        assert hanging.result().report.text == "old"


def test_an_error_is_told_to_all_who_wait_and_not_kept(readings: ReportCache) -> None:
    gate, collect = threading.Event(), counted()

    def fails() -> Report:
        gate.wait()
        raise MetricFailed("no water")

    with ThreadPoolExecutor(4) as pool, opened_at_last(gate):
        asked = [pool.submit(readings.get, "key", LONG, fails) for _ in range(4)]
        until(lambda: sum(one.running() for one in asked) == 4)
        gate.set()
        assert {type(one.exception()) for one in asked} == {MetricFailed}
    assert readings.get("key", LONG, collect).report.text == "1"


def test_only_so_many_are_kept(readings: ReportCache) -> None:
    collect = counted()
    first = readings.get(0, LONG, collect)
    for number in range(1, MAX_REPORTS + 1):
        readings.get(number, LONG, collect)
    assert readings.get(0, LONG, collect) != first
    assert isinstance(readings.get(MAX_REPORTS, LONG, collect), CachedReport)
