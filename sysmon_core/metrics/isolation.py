"""Runs a long metric's Python function in a process of its own, by the rules of programs.

What such a function does to its process (a crash, ``os._exit``, a loop that hears nothing, a
thread left behind) it then does to no other run. A quick function runs where it is asked for:
a process costs 0.2 s. What that process does is in ``isolated_run``.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from typing import Any

from sysmon_core.errors import MetricFailed, MetricTimeout, PluginFault, ProgramMissing
from sysmon_core.metrics.command import ENVIRONMENT
from sysmon_core.metrics.host import HostMetric
from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.report import Report
from sysmon_core.running import process
from sysmon_core.running.context import Listener, Run

# Not `python -m`: that would look for sysmon_core before the path is the parent's, and PYTHONPATH
# would have every Python that the plugin starts inherit the path.
BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from sysmon_core.metrics import isolated_run
isolated_run.main(sys.argv[2])
"""
ERRORS = {
    error.__name__: error for error in (MetricFailed, MetricTimeout, PluginFault, ProgramMissing)
}
# JSON writes a character in up to twelve bytes, and sends it twice if there is a listener; the
# executor checks the text itself.
JSON_FACTOR = 32
JSON_BYTES = 1000  # of an answer beside the text


def collect(bound: HostMetric, params: Params, run: Run) -> Report:
    """Have a process of its own collect the metric, which must be of a plugin's module.

    Raises:
        PluginFault: the process ended without an answer, or the metric did what it must not.
        ProgramMissing, MetricFailed, MetricTimeout, RunStopped: the run failed.
    """
    job = {
        "plugin": bound.source.plugin,
        "module": bound.module,
        "command_path": bound.command_path,
        "metric": bound.metric.name,
        "params": params.model_dump(mode="json", exclude_unset=True),
        "seconds": run.seconds_left(),
        "output_limit": run.output_limit,
        "streamed": run.listener is not None,
    }
    argv = (sys.executable, "-c", BOOT, json.dumps(sys.path), json.dumps(job))
    listener = run.listener and _decoded(run.listener)
    limit = JSON_FACTOR * run.output_limit + JSON_BYTES
    output = process.execute(argv, replace(run, output_limit=limit, listener=listener), ENVIRONMENT)
    try:
        answer = json.loads(output.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        reason = f"it ended its process (status {output.status}) without a report"
        raise PluginFault(reason) from None
    return _report(answer)


def _report(answer: dict[str, Any]) -> Report:
    if "error" in answer:
        raise ERRORS.get(answer["kind"], MetricFailed)(answer["error"])
    return Report(answer["text"], answer["rows"])


def _decoded(listener: Listener) -> Listener:
    """Make a listener for lines of JSON in chunks of any size; it hands on the text in them."""
    rest = bytearray()

    def listen(chunk: bytes) -> None:
        rest.extend(chunk)
        *lines, left = rest.split(b"\n")
        rest[:] = left
        for line in lines:
            with contextlib.suppress(ValueError):  # no JSON: the process is found at fault later
                listener(json.loads(line).get("part", "").encode("utf-8", "replace"))

    return listen
