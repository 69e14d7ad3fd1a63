"""Failures of a metric, whatever it raises: each is told with whose fault it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from sysmon_core import Metric, Params, Report, Run
from sysmon_core.errors import (
    MetricFailed,
    MetricTimeout,
    MetricUnavailable,
    RunStopped,
    SysmonError,
)
from sysmon_core.running.context import Stop
from tests.conftest import until
from tests.unit.services.executor.conftest import Depth, MakeExecutor, collect, make


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


@pytest.mark.parametrize("kind", [MetricFailed, MetricUnavailable, RunStopped])
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


NO_NUMBER = r"it gives no number as its duration \("


def exits(_params: Params) -> float:
    raise SystemExit("bye")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("duration", "reason"),
    [
        pytest.param(lambda params: params.depth / 0, "ZeroDivisionError: ", id="raises"),
        pytest.param(exits, "SystemExit: bye", id="exits"),
        pytest.param(lambda _: None, NO_NUMBER, id="nothing"),
        pytest.param(lambda _: math.nan, "it gives nan as its duration", id="no number at all"),
        pytest.param(lambda _: -1, "it gives -1 as its duration", id="less than nothing"),
        pytest.param(lambda _: "soon", NO_NUMBER, id="a text"),
    ],
)
def test_a_duration_that_cannot_be_told_is_a_failure_of_the_metric(
    duration: Callable[[Any], Any], reason: str, at_once: bool, make_executor: MakeExecutor
) -> None:
    metric = make(duration=duration)
    with pytest.raises(MetricFailed, match=f"dive failed: {reason}"):
        make_executor(metric).run_now(metric, Depth()) if at_once else collect(
            make_executor, metric
        )


@pytest.mark.parametrize(("origin", "told"), [("", "its plugin"), ("fish 1.0", "fish 1.0")])
def test_whose_fault_it_is_is_told_with_what_to_do(
    origin: str, told: str, make_executor: MakeExecutor
) -> None:
    nothing: dict[str, Report] = {}
    metric = make(lambda *_: nothing["no"], origin=origin)
    remedy = rf"\({told}: mend it, or name it in plugins_blocked\)$"
    with pytest.raises(MetricFailed, match=f"dive failed: KeyError: 'no' {remedy}"):
        collect(make_executor, metric)


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
