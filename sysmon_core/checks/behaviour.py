"""Checks of what a metric does while it runs."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.orphans import Orphans
from sysmon_core.checks.outcome import STOPPED, Outcome
from sysmon_core.checks.trial import ENDING_SECONDS, Trial
from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.metrics.metric import Metric, Params

SLACK_SECONDS = 1.0  # by which a run may exceed its duration; a quick run has no more in all
MIN_SHARE = 0.5  # of its duration that a run must take at least
PROBE_SECONDS = 2.0  # of a run that shows whether the duration is honest
MAX_PROBE_SECONDS = 10.0  # longer runs are not made to find that out
STOPPABLE_SECONDS = 5.0  # of the run that is stopped
SHORT_SECONDS = 1.0  # a run that takes no longer need not end early
MAX_TRIES = 2  # a busy machine is no fault of the metric


def duration(trial: Trial) -> Verdict | None:
    """Whether a run takes as long as the metric says."""
    if _failed(trial.default):
        return None
    says = trial.metric.seconds(trial.defaults)
    runs = [(trial.defaults, trial.default)]
    if trial.metric.long and says < PROBE_SECONDS and not trial.default.hangs:
        probe = trial.lasting(PROBE_SECONDS)
        if says < trial.metric.seconds(probe) <= MAX_PROBE_SECONDS:
            runs.append((probe, trial.run(probe)))
    if _failed(runs[-1][1]):
        return Verdict("", [f"a run with {runs[-1][0]} failed: {runs[-1][1].told}"])
    measured = [_measured(trial, params, outcome) for params, outcome in runs]
    faults = [
        fault for says, took in measured for fault in _duration_faults(trial.metric, says, took)
    ]
    return Verdict(
        "; ".join(f"says {says:g} s, took {took:.2f} s" for says, took in measured), faults
    )


def _failed(outcome: Outcome) -> bool:
    """Whether the run failed, which says nothing about its duration."""
    return outcome.error is not None and not isinstance(outcome.error, MetricTimeout)


def _measured(trial: Trial, params: Params, outcome: Outcome) -> tuple[float, float]:
    """Compare the duration and the best time of a few runs, in seconds."""
    says, took = trial.metric.seconds(params), outcome.seconds
    for _ in range(1, MAX_TRIES):
        if took > says + SLACK_SECONDS and outcome.report:
            took = min(took, trial.run(params).seconds)
    return says, took


def _duration_faults(metric: Metric, says: float, took: float) -> Iterator[str]:
    if took > says + SLACK_SECONDS and not metric.long:
        yield (
            f"a run took {took:.1f} s, and a quick metric must answer within {SLACK_SECONDS:g} s: "
            "make it quicker, or declare a duration, which makes it long"
        )
    elif took > says + SLACK_SECONDS:
        yield f"a run says {says:g} s and took {took:.1f} s: declare what it takes at most"
    elif says >= SHORT_SECONDS and took < MIN_SHARE * says:
        yield f"a run says {says:g} s and took {took:.1f} s: declare less, since limits count it"


def cancel(trial: Trial) -> Verdict | None:
    """Whether a long run ends when somebody stops it."""
    if not _can_be_ended(trial):
        return _nothing_to_end(trial)
    params = trial.lasting(STOPPABLE_SECONDS)
    outcome = trial.stopped(params, SHORT_SECONDS)
    if isinstance(outcome.error, RunStopped) and str(outcome.error) == STOPPED:
        return Verdict(f"ended {outcome.seconds:.2f} s after its stop")
    return Verdict("", [_ending_fault(outcome, "it was stopped")])


def deadline(trial: Trial) -> Verdict | None:
    """Whether a long run ends when its time is up."""
    if not _can_be_ended(trial):
        return _nothing_to_end(trial)
    outcome = trial.cut_short(trial.lasting(STOPPABLE_SECONDS), SHORT_SECONDS)
    if isinstance(outcome.error, MetricTimeout):
        return Verdict(
            f"ended {max(0.0, outcome.seconds - SHORT_SECONDS):.2f} s after its deadline"
        )
    return Verdict("", [_ending_fault(outcome, "its deadline")])


def _can_be_ended(trial: Trial) -> bool:
    """Whether some of its runs take long enough to be ended early."""
    if not (trial.default.begun and trial.metric.long):
        return False
    return trial.metric.seconds(trial.lasting(STOPPABLE_SECONDS)) > SHORT_SECONDS


def _nothing_to_end(trial: Trial) -> Verdict | None:
    """Say why there is nothing to end; None if it does not run at all."""
    if not trial.default.begun:
        return None
    return Verdict(f"{'short' if trial.metric.long else 'quick'}: there is nothing to end")


def _ending_fault(outcome: Outcome, what: str) -> str:
    remedy = "wait with run.sleep(), or call run.check() often"
    if outcome.hangs:
        return f"it still ran {ENDING_SECONDS:g} s after {what}: {remedy}"
    if outcome.report is not None:
        return f"it gave a report as if there were no end of it after {what}: {remedy}"
    return f"it failed where it should have ended after {what}: {outcome.told}"


def prints(trial: Trial) -> Verdict | None:
    """Whether runs leave standard output to the process that they are in."""
    if not trial.default.begun:
        return None
    if not trial.printed:
        return Verdict("nothing on standard output")
    line = trial.printed.strip().partition("\n")[0]
    return Verdict(
        "", [f"it prints on standard output ({line}): return it as text, or use logging"]
    )


def left_behind(orphans: Orphans) -> Verdict:
    """Whether every process that the runs began has ended."""
    return Verdict(
        "no process",
        [
            f"{name} still ran after the last run: begin it by run.program(), or end it"
            for name in orphans.kill()
        ],
    )
