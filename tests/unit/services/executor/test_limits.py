"""Limits of a run: its length, its slots, its output, its thread."""

from __future__ import annotations

import math
import threading
import time

import pytest

from sysmon_core import Metric, Params, Report, Run
from sysmon_core.errors import MetricUnavailable, RunTooLong, TooManyRuns
from sysmon_core.running.context import Stop
from sysmon_core.running.orphan_reaper import OrphanReaper
from tests.conftest import until
from tests.unit.services.executor.conftest import Depth, MakeExecutor, collect, make


@pytest.mark.parametrize(("seconds", "refused"), [(30, False), (30.5, True), (math.inf, True)])
def test_a_run_as_long_as_the_limit_is_the_longest_that_is_taken(
    seconds: float, refused: bool, make_executor: MakeExecutor
) -> None:
    metric = make(duration=lambda _: seconds)
    if refused:
        with pytest.raises(RunTooLong, match=r"limit.* 30 s"):
            make_executor(metric).run_now(metric, Depth())
    else:
        assert make_executor(metric).run_now(metric, Depth())


@pytest.mark.parametrize("digits", [18, 400])
def test_a_run_of_absurd_length_is_too_long_and_no_more(
    digits: int, make_executor: MakeExecutor
) -> None:
    metric = make(duration=lambda _: 10**digits)
    with pytest.raises(RunTooLong):
        make_executor(metric).check(metric, Depth(), limit=86400)


def test_what_the_host_lacks_is_told_before_anything_is_started(
    make_executor: MakeExecutor,
) -> None:
    class Lacking(Metric):
        def require(self) -> None:
            raise MetricUnavailable("install it")

    metric = Lacking(name="dive", title="", function=lambda *_: pytest.fail("it was started"))
    with pytest.raises(MetricUnavailable):
        make_executor(metric).run_now(metric, Params())


def test_a_run_has_the_limits_of_the_settings_and_of_its_params(
    make_executor: MakeExecutor,
) -> None:
    runs: list[Run] = []

    def note(_params: Params, run: Run) -> Report:
        runs.append(run)
        return Report("")

    metric = make(note, duration=lambda params: params.depth)
    begin = time.monotonic()
    make_executor(metric).run_now(metric, Depth(depth=5))
    end = time.monotonic()
    assert begin + 5 + 10 <= runs[0].deadline <= end + 5 + 10
    assert runs[0].output_limit == 1000


class _Gate:
    """A metric's function that holds every run until it is opened."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.opened = threading.Event()

    def __call__(self, _params: Params, run: Run) -> Report:
        self.runs.append(run)
        assert self.opened.wait(20)
        return Report("")


@pytest.mark.parametrize("long", [True, False])
def test_only_so_many_long_runs_are_done_at_once_and_any_number_of_quick_ones(
    long: bool, make_executor: MakeExecutor
) -> None:
    gate = _Gate()
    held = make(gate, duration=(lambda _: 1) if long else None)
    another = make(name="swim", duration=lambda _: 1)
    quick = make(name="float")
    executor = make_executor(held, another, quick)
    threads = [
        threading.Thread(target=executor.run_now, args=(held, Depth()))
        for _ in range(2 if long else 6)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(gate.runs) == len(threads))
    try:
        if long:
            with pytest.raises(TooManyRuns, match=r"^All slots .* are taken: .* use a task$"):
                executor.run_now(another, Depth())
        assert executor.run_now(quick, Depth())
    finally:
        gate.opened.set()
        for thread in threads:
            thread.join()
    assert executor.run_now(another, Depth())


def test_who_listens_hears_what_comes_and_can_stop_it(make_executor: MakeExecutor) -> None:
    heard: list[bytes] = []
    runs: list[Run] = []

    def tell(_params: Params, run: Run) -> Report:
        runs.append(run)
        run.tell(b"so far")
        return Report("")

    metric = make(tell)
    executor = make_executor(metric)
    with Stop() as stop:
        executor.run(metric, Depth(), stop, heard.append)
        assert runs[0].stop is stop
    assert heard == [b"so far"]
    executor.run_now(metric, Depth())
    assert runs[1].stop.reason is None
    assert isinstance(runs[0].reaper, OrphanReaper)
    assert runs[0].reaper is runs[1].reaper


class Fishing(Metric):
    """Has no function, but its own way to collect."""

    def collect(self, _params: Params, _run: Run) -> Report:
        return Report(threading.current_thread().name)


@pytest.mark.parametrize(
    ("metric", "thread"),
    [
        (make(lambda *_: Report(threading.current_thread().name)), "dive"),
        (Fishing(name="fish", title=""), "fish"),
        (make(lambda *_: Report(threading.current_thread().name), duration=lambda _: 1), None),
    ],
    ids=["quick function", "quick subclass", "long function of no plugin"],
)
def test_quick_code_runs_in_a_thread_that_can_be_abandoned(
    metric: Metric, thread: str | None, make_executor: MakeExecutor
) -> None:
    expected = thread or threading.current_thread().name
    assert collect(make_executor, metric).text == expected
