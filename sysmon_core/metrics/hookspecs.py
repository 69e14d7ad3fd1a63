"""The one hook of sysmon."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from sysmon_core.metrics.metric import Metric

PROJECT = "sysmon"

hookimpl = pluggy.HookimplMarker(PROJECT)
hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def sysmon_metrics() -> Sequence[Metric]:  # type: ignore[empty-body]  # a hook is its docstring
    """Return the metrics that this plugin adds.

    A plugin is a module named by an entry point of the group ``sysmon``. It is called once,
    at the start of each server, worker and command line; it returns declarations and does
    no work.
    """
