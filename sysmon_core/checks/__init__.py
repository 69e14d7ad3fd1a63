"""Checks of one metric: what every metric must do, whoever wrote it, as findings for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import MappingProxyType
from typing import Any

from sysmon_core.checks import behaviour, declaration, sources
from sysmon_core.checks.cost import cost
from sysmon_core.checks.finding import Finding, Mark, Verdict
from sysmon_core.checks.orphans import tracked_orphans
from sysmon_core.checks.output import output
from sysmon_core.checks.rows import rows
from sysmon_core.checks.samples import samples
from sysmon_core.checks.surfaces import Surface, Surfaces, settable
from sysmon_core.checks.trial import Trial
from sysmon_core.checks.words import words
from sysmon_core.metrics.culprit import place_of
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Source
from sysmon_core.printable import describe
from sysmon_core.settings import Settings

__all__ = ["Finding", "Mark", "Surface", "Surfaces", "examine"]

DECLARATION_CHECKS = {
    "declaration": declaration.declaration,
    "params": declaration.params,
    "refusals": declaration.refusals,
    "words": words,
}
BEHAVIOUR_CHECKS = {
    "duration": behaviour.duration,
    "output": output,
    "rows": rows,
    "samples": samples,
    "cancel": behaviour.cancel,
    "deadline": behaviour.deadline,
    "cost": cost,
    "prints": behaviour.prints,
}


def examine(
    metric: Metric,
    config: Settings,
    source: Source | None = None,
    surfaces: Surfaces = MappingProxyType({}),
) -> Iterator[Finding]:
    """Check a metric on this host; yield each finding as soon as it is known.

    With its source, a long Python function runs in a process of its own, as it does when it is
    served; without, in a thread of this one. The surfaces are those on which a caller sets params,
    by their names. A check that fails does not prevent others, and none waits for ever. A metric
    that this host cannot have is not run.

    Raises:
        PluginError: the metric cannot be made ready for this host.
        HostFault: this host does not show what processes a run leaves behind.
    """
    for name, of_metric in DECLARATION_CHECKS.items():
        yield from _findings(name, of_metric, metric)
    yield from _findings("programs", sources.programs, source)
    with tracked_orphans() as orphans:
        trial = Trial(metric, config, source)
        reason = trial.unavailable
        yield from _findings("surfaces", partial(settable, surfaces=surfaces), trial)
        if reason:
            yield Finding("behaviour", Mark.PASSED_OVER, f"passed over: {reason}")
            return
        for name, of_trial in BEHAVIOUR_CHECKS.items():
            yield from _findings(name, of_trial, trial)
        yield from _findings("left behind", behaviour.left_behind, orphans)


def _findings(name: str, check: Callable[[Any], Verdict | None], subject: Any) -> Iterator[Finding]:
    """Make a check; it has no findings if there is nothing to check."""
    try:
        verdict = check(subject)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        place = place_of(error)
        at = f", raised at {place}" if place else ""
        yield Finding(name, Mark.SHORT, f"it raises {describe(error)}{at}")
        return
    if verdict is None:
        return
    for fault in verdict.faults:
        yield Finding(name, Mark.SHORT, fault)
    if not verdict.faults:
        yield Finding(name, Mark.GOOD, verdict.good)
