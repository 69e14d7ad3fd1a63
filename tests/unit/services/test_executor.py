from __future__ import annotations

import math
import platform
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sysmon_core import Column, Integer, Metric, Params, Report, Run
from sysmon_core.errors import (
    MetricFailed,
    MetricTimeout,
    ProgramMissing,
    RunStopped,
    RunTooLong,
    SysmonError,
    TooManyRuns,
)
from sysmon_core.metrics.report import Sample
from sysmon_core.running.context import Stop
from sysmon_core.running.orphan_reaper import OrphanReaper
from sysmon_core.services.executor import Executor
from tests.conftest import MakeSettings, hosting, until


class Depth(Params):
    depth: Integer = 3


Function = Callable[[Any, Run], Report]


def make(function: Function | None = None, **more: Any) -> Metric:
    function = function or (lambda params, _run: Report(f"{params.depth} m"))
    fields: dict[str, Any] = {"name": "dive", "title": "", "params": Depth} | more
    return Metric(function=function, **fields)


MakeExecutor = Callable[..., Executor]


@pytest.fixture
def make_executor(make_settings: MakeSettings) -> MakeExecutor:
    """Executors of some metrics."""
    config = make_settings(sync_limit=30, sync_runs=2, overrun=10, output_limit=1000)
    return lambda *metrics: Executor(config, hosting(config, *metrics))


def collect(make_executor: MakeExecutor, metric: Metric) -> Report:
    with Stop() as stop:
        return make_executor(metric).run(metric, metric.params(), stop)


def test_a_report_tells_of_its_run(make_executor: MakeExecutor) -> None:
    before, columns = time.time(), [Column("depth", "how deep")]
    metric = make(lambda *_: Report("7 m", [{"depth": 7}]), columns=columns)
    report = make_executor(metric).run_now(metric, Depth(depth=7)).report
    assert report.text == "7 m"
    assert (report.columns, report.host) == (columns, platform.node())
    assert before <= report.started <= report.finished <= time.time()
    assert report.samples == [Sample(report.finished, [{"depth": 7}])]


def test_a_report_without_rows_has_no_samples(make_executor: MakeExecutor) -> None:
    metric = make()
    report = make_executor(metric).run_now(metric, Depth(depth=7)).report
    assert (report.text, report.samples) == ("7 m", [])


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
            raise ProgramMissing("install it")

    metric = Lacking(name="dive", title="", function=lambda *_: pytest.fail("it was started"))
    with pytest.raises(ProgramMissing):
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


def test_a_run_that_fails_gives_its_slot_back(make_executor: MakeExecutor) -> None:
    def fail(_params: Params, _run: Run) -> Report:
        raise ValueError("no water")

    metric = make(fail, duration=lambda _: 1)
    executor = make_executor(metric)
    for _ in range(5):
        with pytest.raises(MetricFailed):
            executor.run_now(metric, Depth())


@pytest.mark.parametrize(
    "error", [ValueError("no water"), SystemExit("no water"), RecursionError("no water")]
)
def test_whatever_a_metric_raises_is_its_failure(
    error: BaseException, make_executor: MakeExecutor
) -> None:
    def fail(_params: Params, _run: Run) -> Report:
        raise error

    with pytest.raises(MetricFailed, match=f"dive failed: {type(error).__name__}: no water"):
        collect(make_executor, make(fail))


@pytest.mark.parametrize("kind", [MetricFailed, ProgramMissing, RunStopped])
def test_what_a_metric_says_in_our_words_is_passed_on(
    kind: type[SysmonError], make_executor: MakeExecutor
) -> None:
    def fail(_params: Params, _run: Run) -> Report:
        raise kind("no water")

    with pytest.raises(kind, match=r"^no water$"):
        collect(make_executor, make(fail))


def test_a_function_that_takes_too_long_is_its_plugin_s_failure(
    make_executor: MakeExecutor,
) -> None:
    def fail(_params: Params, _run: Run) -> Report:
        raise MetricTimeout("no water")

    with pytest.raises(MetricTimeout, match=r"dive failed: no water .*plugins_blocked"):
        collect(make_executor, make(fail))


@pytest.mark.parametrize(
    "given",
    [None, 5, {}, [5], [{}], Report(b"bytes"), Report(5)],  # type: ignore[arg-type]
)
def test_what_is_no_report_of_text_is_a_failure(given: Any, make_executor: MakeExecutor) -> None:
    with pytest.raises(MetricFailed):
        collect(make_executor, make(lambda _params, _run: given))


def test_a_report_may_be_as_large_as_the_output_of_a_program(make_executor: MakeExecutor) -> None:
    assert collect(make_executor, make(lambda *_: Report("x" * 1000))).text == "x" * 1000
    with pytest.raises(MetricFailed, match="output_limit"):
        collect(make_executor, make(lambda *_: Report("x" * 1001)))


def exits(_params: Params) -> float:
    raise SystemExit("bye")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "duration",
    [
        pytest.param(lambda params: params.depth / 0, id="raises"),
        pytest.param(exits, id="exits"),
        pytest.param(lambda _: None, id="nothing"),
        pytest.param(lambda _: "soon", id="a text"),
    ],
)
def test_a_duration_that_cannot_be_told_is_a_failure_of_the_metric(
    duration: Callable[[Any], Any], at_once: bool, make_executor: MakeExecutor
) -> None:
    metric = make(duration=duration)
    with pytest.raises(MetricFailed, match="dive"):
        make_executor(metric).run_now(metric, Depth()) if at_once else collect(
            make_executor, metric
        )


def test_a_duration_is_a_number(make_executor: MakeExecutor) -> None:
    metric = make(duration=lambda _: None)
    with pytest.raises(MetricFailed, match=r"failed: it gives no number as its duration \("):
        make_executor(metric).run_now(metric, Depth())


@pytest.mark.parametrize(("origin", "told"), [("", "its plugin"), ("fish 1.0", "fish 1.0")])
def test_whose_fault_it_is_is_told_with_what_to_do(
    origin: str, told: str, make_executor: MakeExecutor
) -> None:
    nothing: dict[str, Report] = {}
    metric = make(lambda *_: nothing["no"], origin=origin)
    remedy = rf"\({told}: mend it, or name it in plugins_blocked\)$"
    with pytest.raises(MetricFailed, match=f"dive failed: KeyError: 'no' {remedy}"):
        collect(make_executor, metric)


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


def test_a_metric_that_fails_to_look_for_its_needs_has_failed(make_executor: MakeExecutor) -> None:
    class Careless(Metric):
        def require(self) -> None:
            raise OSError("no water")

    metric = Careless(name="dive", title="", function=lambda *_: Report(""))
    with pytest.raises(MetricFailed, match="no water"):
        make_executor(metric).run_now(metric, Params())


def test_a_metric_that_is_stopped_says_who_did_it(make_executor: MakeExecutor) -> None:
    def wait(_params: Params, run: Run) -> Report:
        until(lambda: run.stop.reason)
        raise RunStopped(str(run.stop.reason))

    metric = make(wait)
    with Stop() as stop:
        stop.set("enough")
        with pytest.raises(RunStopped, match="enough"):
            make_executor(metric).run(metric, Depth(), stop)


def test_a_metric_that_is_not_bound_to_this_host_is_not_run(make_executor: MakeExecutor) -> None:
    with pytest.raises(MetricFailed, match="dive is not installed on this host"):
        make_executor().run_now(make(), Depth())


def test_rows_of_a_function_are_made_when_they_are_asked_for(make_executor: MakeExecutor) -> None:
    made = []

    def rows() -> list[dict[str, int]]:
        made.append(1)
        return [{"depth": 7}]

    report = collect(make_executor, make(lambda *_: Report("7 m", rows)))
    assert (report.text, made) == ("7 m", [])
    assert report.rows == report.stored_rows == [{"depth": 7}]
    assert made == [1]


@pytest.mark.parametrize("rows", [lambda: [{"depth": 1 // 0}], lambda: [{"depth": {1}}]])
def test_rows_that_fail_when_they_are_asked_for_are_the_plugin_s_failure(
    rows: Callable[[], Any], make_executor: MakeExecutor
) -> None:
    report = collect(make_executor, make(lambda *_: Report("7 m", rows), origin="fish 1.0"))
    with pytest.raises(MetricFailed, match=r"dive failed: .* \(fish 1.0: mend it"):
        _ = report.rows


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
