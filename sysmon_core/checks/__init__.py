"""Checks of one metric: what every metric must do, whoever wrote it, as findings for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sysmon_core.checks import behaviour, declaration
from sysmon_core.checks.cost import cost
from sysmon_core.checks.finding import Finding, Verdict
from sysmon_core.checks.orphans import tracked_orphans
from sysmon_core.checks.trial import Trial
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Source
from sysmon_core.settings import Settings

__all__ = ["Finding", "examine"]

DECLARATION_CHECKS = {
    "declaration": declaration.declaration,
    "params": declaration.params,
    "refusals": declaration.refusals,
}
BEHAVIOUR_CHECKS = {
    "duration": behaviour.duration,
    "output": behaviour.output,
    "cancel": behaviour.cancel,
    "deadline": behaviour.deadline,
    "cost": cost,
}


def examine(metric: Metric, config: Settings, source: Source | None = None) -> Iterator[Finding]:
    """Check a metric on this host; yield each finding as soon as it is known.

    With its source, a long Python function runs in a process of its own, as it does when it is
    served; without, in a thread of this one. A check that fails does not prevent others, and none
    waits for ever.

    Raises:
        PluginError: the metric cannot be made ready for this host.
    """
    for name, of_metric in DECLARATION_CHECKS.items():
        yield from _findings(name, of_metric, metric)
    with tracked_orphans() as orphans:
        trial = Trial(metric, config, source)
        for name, of_trial in BEHAVIOUR_CHECKS.items():
            yield from _findings(name, of_trial, trial)
        yield from _findings("left behind", behaviour.left_behind, orphans)


def _findings(name: str, check: Callable[[Any], Verdict | None], subject: Any) -> Iterator[Finding]:
    """Make a check; it has no findings if there is nothing to check."""
    try:
        verdict = check(subject)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        yield Finding(name, False, f"it raises {type(error).__name__}: {error}")
        return
    if verdict is None:
        return
    for fault in verdict.faults:
        yield Finding(name, False, fault)
    if not verdict.faults:
        yield Finding(name, True, verdict.good)
