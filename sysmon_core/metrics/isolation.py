"""Runs a long metric's Python function in a process of its own, by the rules of programs.

What such a function does to its process (a crash, ``os._exit``, a loop that hears nothing, a
thread left behind) it then does to no other run. A quick function runs where it is asked for:
a process costs 0.2 s. What that process does is in ``isolated_run``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TextIO

from sysmon_core.errors import (
    HostFault,
    MetricFailed,
    MetricTimeout,
    MetricUnavailable,
    PluginFault,
)
from sysmon_core.metrics.host import HostMetric
from sysmon_core.metrics.metric import Params, stored
from sysmon_core.metrics.report import Report
from sysmon_core.printable import printable_lines
from sysmon_core.running import process
from sysmon_core.running.context import Listener
from sysmon_core.running.run import Run
from sysmon_core.running.sample import Sample
from sysmon_core.settings import for_functions

# Not `python -m`: that would look for sysmon_core before the path is the parent's, and PYTHONPATH
# would have every Python that the plugin starts inherit the path.
# The job is a variable, since it may have secrets of the plugin, and `ps` shows words. Nothing that
# the plugin starts inherits it, nor what a shell adds to the environment.
BOOT = """
import json, os, sys
job = json.loads(os.environ["SYSMON_JOB"])
os.environ.clear()
os.environ.update(job["environ"])
sys.path[:] = job["path"]
from sysmon_core.metrics import isolated_run
isolated_run.main(job)
"""
JOB_VARIABLE = "SYSMON_JOB"
ERRORS = {
    error.__name__: error
    for error in (HostFault, MetricFailed, MetricTimeout, PluginFault, MetricUnavailable)
}
# JSON writes a character in up to twelve bytes, and sends text and rows twice if there are
# listeners; the executor checks the text itself.
JSON_FACTOR = 40
PRINTED = b'{"printed"'  # how a line begins that is neither text nor rows
JSON_BYTES = 100_000  # of answers beside text and rows: what was printed, a traceback


def collect(bound: HostMetric, params: Params, run: Run) -> Report:
    """Have a process of its own collect the metric, which must be of a plugin's module.

    Raises:
        PluginFault: the process ended without an answer, or the metric did what it must not.
        HostFault, MetricUnavailable, MetricFailed, MetricTimeout, RunStopped: the run failed.
    """
    environ = for_functions()
    job = {
        "path": sys.path,
        "environ": environ,
        "plugin": bound.source.plugin,
        "module": bound.module,
        "command_path": bound.command_path,
        "metric": bound.metric.name,
        "params": stored(params),
        "seconds": run.seconds_left(),
        "output_limit": run.output_limit,
        "text_wanted": run.listener is not None,
        "samples_wanted": run.sample_listener is not None,
        "settings": bound.config and bound.config.inputs,
    }
    argv = (sys.executable, "-c", BOOT)
    given = environ | {JOB_VARIABLE: json.dumps(job)}
    limit = JSON_FACTOR * run.output_limit + JSON_BYTES
    listener = _decoded(run) if run.is_listened_to else None
    context = replace(run, output_limit=limit, listener=listener, sample_listener=None)
    output = process.execute(argv, context, given)
    _print(output)
    return _report(output)


class _Raised(Exception):
    """What a plugin raised in its process, as the cause of a fault: its text is the traceback."""


def _report(output: process.Output) -> Report:
    try:
        answer = json.loads(output.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        answer = {}
    if "text" in answer:
        return Report(answer["text"], answer["rows"], told=answer["told"])
    if "trace" in answer:
        raised = _Raised(f"\n{answer['trace']}")
        raise ERRORS.get(answer["kind"], MetricFailed)(answer["error"], answer["place"]) from raised
    if "error" in answer:
        raise ERRORS.get(answer["kind"], MetricFailed)(answer["error"])
    raise PluginFault(f"it ended its process (status {output.status}) without a report")


def _print(output: process.Output) -> None:
    """Print what the plugin printed in its process, as if it had in this one."""
    lines = (line for line in output.stdout.splitlines() if line.startswith(PRINTED))
    printed = "".join(json.loads(line)["printed"] for line in lines)
    _write(sys.stdout, printed)
    _write(sys.stderr, output.stderr.decode("utf-8", "replace"))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is not None:  # a service may have closed it
        stream.write(printable_lines(text))


def _tell(run: Run, line: bytearray) -> None:
    try:
        answer = json.loads(line)
    except ValueError:  # the process is found at fault later
        return
    run.tell(answer.get("part", "").encode("utf-8", "replace"))
    if fields := answer.get("sample"):
        run.tell_sample(Sample(**fields))


def _decoded(run: Run) -> Listener:
    """Make a listener for lines of JSON in chunks of any size; it tells the run what they have."""
    rest = bytearray()

    def listen(chunk: bytes) -> None:
        rest.extend(chunk)
        if b"\n" not in chunk:
            return
        *lines, left = rest.split(b"\n")
        rest[:] = left
        for line in lines:
            _tell(run, line)

    return listen
