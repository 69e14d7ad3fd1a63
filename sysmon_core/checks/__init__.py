"""What every metric must keep, whoever wrote it: checked on one metric, told for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sysmon_core.checks import behaviour, declaration
from sysmon_core.checks.cost import cost
from sysmon_core.checks.finding import Finding, Verdict
from sysmon_core.checks.orphans import watching
from sysmon_core.checks.trial import Trial
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Source
from sysmon_core.settings import Settings

__all__ = ["Finding", "examine"]

DECLARED = {
    "declaration": declaration.declaration,
    "params": declaration.params,
    "refusals": declaration.refusals,
}
RUNNING = {
    "duration": behaviour.duration,
    "output": behaviour.output,
    "cancel": behaviour.cancel,
    "deadline": behaviour.deadline,
    "cost": cost,
}


def examine(metric: Metric, config: Settings, source: Source | None = None) -> Iterator[Finding]:
    """Check a metric that was made ready for this host; each finding as soon as it is known.

    With its source, a long Python function runs in a process of its own, as it does when it is
    served; without, in a thread of this one. A check that falls short keeps no other from being
    made, and none waits for ever.
    """
    for name, check in DECLARED.items():
        yield from _findings(name, check, metric)
    with watching() as strays:
        trial = Trial(metric, config, source)
        for name, judge in RUNNING.items():
            yield from _findings(name, judge, trial)
        yield from _findings("left behind", behaviour.left_behind, strays)


def _findings(name: str, check: Callable[[Any], Verdict | None], subject: Any) -> Iterator[Finding]:
    """What a check says of its subject; nothing if it could not be made."""
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
