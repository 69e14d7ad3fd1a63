"""Runs a long metric's Python function in a process of its own, by the rules of programs.

What such a function does to its process (a crash, ``os._exit``, a loop that hears nothing, a
thread left behind) it then does to no other run. A quick function runs where it is asked for:
a process costs 0.2 s.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any

from sysmon_core.errors import (
    MetricFailed,
    MetricTimeout,
    PluginFault,
    ProgramMissing,
    SysmonError,
    describe,
)
from sysmon_core.metrics import registry
from sysmon_core.metrics.command import ENVIRONMENT
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.registry import GROUP, Registry, Source
from sysmon_core.metrics.report import Report, checked, report_of
from sysmon_core.running import process
from sysmon_core.running.context import Listener, Run, Stop
from sysmon_core.settings import Settings

BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from sysmon_core.metrics import isolation
isolation.main(sys.argv[2])
"""
KINDS = {kind.__name__: kind for kind in (MetricFailed, MetricTimeout, PluginFault, ProgramMissing)}


def isolated(metrics: Registry) -> Registry:
    """The same metrics, the long ones that are Python functions each run in a process."""
    sources = metrics.sources
    pairs = [(isolate(metric, sources[metric.name]), sources[metric.name]) for metric in metrics]
    return Registry(pairs, metrics.left_out)


def isolate(metric: Metric, source: Source, launcher: Sequence[str] = ()) -> Metric:
    """The same metric, run in a process if it is a long Python function.

    The launcher is the words of a program that starts the process, if it is not to be this one.
    """
    if not metric.long or metric.function is None:
        return metric
    return replace(metric, function=partial(_collect, source, metric.name, launcher))


def _collect(
    source: Source, name: str, launcher: Sequence[str], params: Params, run: Run
) -> Report:
    job = {
        "plugin": source.plugin,
        "module": source.module,
        "metric": name,
        "params": params.model_dump(mode="json", exclude_unset=True),
        "seconds": run.seconds_left(),
        "output_limit": run.output_limit,
        "told": run.listener is not None,
    }
    argv = (*launcher, sys.executable, "-c", BOOT, json.dumps(sys.path), json.dumps(job))
    # As JSON a character may take twelve, and it may be told twice; whoever asked checks the text.
    listener = run.listener and _reader(run.listener)
    roomy = replace(run, output_limit=32 * run.output_limit + 1000, listener=listener)
    output = process.execute(argv, roomy, ENVIRONMENT)
    try:
        answer = json.loads(output.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        detail = f"it ended its process (status {output.status}) without a report"
        raise PluginFault(detail) from None
    if "error" in answer:
        raise KINDS.get(answer["kind"], MetricFailed)(answer["error"])
    return Report(answer["text"], answer["rows"])


def _reader(listener: Listener) -> Listener:
    """Take lines of JSON in parts of any size, and tell the parts of the text that are in them."""
    rest = bytearray()

    def read(chunk: bytes) -> None:
        rest.extend(chunk)
        *lines, left = rest.split(b"\n")
        rest[:] = left
        for line in lines:
            with contextlib.suppress(ValueError):  # its process was killed, and will be blamed
                listener(json.loads(line).get("part", "").encode("utf-8", "replace"))

    return read


def main(argument: str) -> None:
    """Be the process: run the metric and print what it gave, as JSON."""
    job = json.loads(argument)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the plugin prints is no answer

    def answer(fields: dict[str, Any]) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    def tell(part: bytes) -> None:
        answer({"part": part.decode()})

    answer(_answer(job, tell if job["told"] else None))
    os._exit(0)  # threads that the plugin left behind hold nobody up


def _answer(job: dict[str, Any], listener: Listener | None) -> dict[str, Any]:
    try:
        metric = registry.load(Settings(), [EntryPoint(job["plugin"], job["module"], GROUP)]).get(
            job["metric"]
        )
        if metric is None:
            raise MetricFailed(f"The plugin no longer has the metric {job['metric']}")
        params = metric.params.model_validate(job["params"])
        with Stop() as stop:
            deadline = time.monotonic() + job["seconds"]
            run = Run(deadline, job["output_limit"], stop, listener=listener)
            report = checked(report_of(metric.collect(params, run), run), run.output_limit)
    except SysmonError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        return {"error": describe(error), "kind": PluginFault.__name__}
    return {"text": report.text, "rows": list(report.rows)}
