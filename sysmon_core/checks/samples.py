"""The check of a long metric's samples: each comes after the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.trial import Trial
from sysmon_core.errors import SysmonError
from sysmon_core.metrics.report import Sample


def samples(trial: Trial) -> Verdict | None:
    """Whether the samples of a long run have rising indexes, and times in their order."""
    if not trial.metric.long or trial.default.report is None:
        return None
    try:
        found = trial.default.report.samples
    except SysmonError:  # the check of the output says so
        return None
    return Verdict(_good(found), list(_faults(found)))


def _good(found: Sequence[Sample]) -> str:
    since_boot = ", the first since boot" if found and found[0].since_boot else ""
    return f"samples: {len(found)}{since_boot}"


def _faults(found: Sequence[Sample]) -> Iterator[str]:
    """Find samples out of order: one of each kind."""
    for before, after in pairwise(found):
        if after.index <= before.index:
            yield f"the sample {after.index} comes after {before.index}: count them from 0 on"
            break
    for before, after in pairwise(found):
        if after.at < before.at:
            seconds = before.at - after.at
            yield f"the sample {after.index} is {seconds:g} s older than the one before it"
            break
    late = [one.index for one in found[1:] if one.since_boot]
    if late:
        yield f"the sample {late[0]} covers the time since boot, which the first alone may"
