"""Outcome: how a run of a check ended, which is abandoned if it does not end."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass

from sysmon_core.errors import PluginFault, SysmonError
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.metrics.samples import SampleList
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor

STOPPED = "The check stopped it"


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a report or with an error; with neither if it has not ended.

    ``seconds`` is how long it took, or how long it took from its stop on; ``cpu`` is the
    processor time of this process meanwhile, in seconds. ``begun`` is false if it was refused.
    """

    seconds: float
    report: Report | None = None
    error: SysmonError | None = None
    cpu: float = 0.0
    begun: bool = True

    @property
    def hangs(self) -> bool:
        """Whether the run was abandoned."""
        return self.report is None and self.error is None

    @property
    def told(self) -> str:
        """The error, and where the plugin raised it."""
        return told(self.error) if self.error else ""


def told(error: SysmonError) -> str:
    """Write an error, and where the plugin raised it."""
    place = error.place if isinstance(error, PluginFault) else ""
    return f"{error}, raised at {place}" if place else str(error)


def tried(
    executor: Executor, metric: Metric, params: Params, bound: float, stop_after: float = 0
) -> Outcome:
    """Run a metric in a thread that is abandoned once ``bound`` seconds have passed."""
    future: Future[Report] = Future()
    cpu = [0.0]
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(Stop())

        def work() -> None:
            begin = time.process_time()
            try:
                samples = SampleList()
                report = executor.run(metric, params, stop, sample_listener=samples)
                if report.told:
                    report = report.with_samples(samples.samples)
            except BaseException as error:  # noqa: BLE001 - raised to the caller who waits
                future.set_exception(error)
            else:
                cpu[0] = time.process_time() - begin
                future.set_result(report)

        begin = time.monotonic()
        threading.Thread(target=work, name="sysmon-trial", daemon=True).start()
        if stop_after and not wait([future], stop_after).done:
            stop.set(STOPPED)
            begin = time.monotonic()
        wait([future], bound)
        seconds = time.monotonic() - begin
        if not future.done():
            stack.pop_all()  # its descriptors are still in use
            return Outcome(seconds)
    return _outcome(future, seconds, cpu[0])


def _outcome(future: Future[Report], seconds: float, cpu: float) -> Outcome:
    try:
        return Outcome(seconds, report=future.result(), cpu=cpu)
    except SysmonError as error:
        return Outcome(seconds, error=error)
