"""The process in which a long metric's function runs: it prints its report or error as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import EntryPoint
from typing import Any

from sysmon_core.errors import MetricFailed, PluginFault, SysmonError, describe
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import GROUP, load_plugins
from sysmon_core.metrics.report import Report
from sysmon_core.metrics.returned import require_report
from sysmon_core.running.context import Listener, Run, Stop


def main(argument: str) -> None:
    """Run the metric that a job names, which is JSON, and print its answer, a line of JSON.

    A line before it is a part of the text: ``{"part": TEXT}``.
    """
    job = json.loads(argument)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the plugin prints is no answer

    def send(fields: dict[str, Any]) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    def send_part(part: bytes) -> None:
        send({"part": part.decode()})

    send(_answer(job, send_part if job["streamed"] else None))
    os._exit(0)  # without waiting for threads that the plugin left behind


def _answer(job: dict[str, Any], listener: Listener | None) -> dict[str, Any]:
    try:
        report = _collect(job, listener)
        return {"text": report.text, "rows": list(report.rows)}
    except SysmonError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        return {"error": describe(error), "kind": PluginFault.__name__}


def _collect(job: dict[str, Any], listener: Listener | None) -> Report:
    metric = _metric(job)
    params = metric.params.model_validate(job["params"])
    with Stop() as stop:
        deadline = time.monotonic() + job["seconds"]
        run = Run(deadline, job["output_limit"], stop, listener=listener)
        return require_report(metric.collect(params, run), run.output_limit)


def _metric(job: dict[str, Any]) -> Metric:
    """Load the metric and make it ready with the parent's command_path."""
    declared = load_plugins([EntryPoint(job["plugin"], job["module"], GROUP)]).get(job["metric"])
    if declared is None:
        raise MetricFailed(f"The plugin no longer has the metric {job['metric']}")
    return declared.on_host(job["command_path"])
