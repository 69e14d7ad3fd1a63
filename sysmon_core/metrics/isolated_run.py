"""The process in which a long metric's function runs: it prints its report or error as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import EntryPoint
from typing import Any

from sysmon_core.errors import MetricFailed, SysmonError
from sysmon_core.metrics import caller_text, culprit
from sysmon_core.metrics.loading import GROUP, load_plugins
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.plugin_settings import PluginSettings
from sysmon_core.metrics.report import Report
from sysmon_core.metrics.returned import require_report
from sysmon_core.running.context import Stop
from sysmon_core.running.run import NoSettings, Run

PRINTED_BYTES = 2048  # that are sent: enough to find what prints them


def main(job: dict[str, Any]) -> None:
    """Run the metric that a job names, and print its answer, a line of JSON.

    A line before it has a part of the text, ``{"part": TEXT}``, the fields of a sample or of a part
    of one, ``{"sample": FIELDS}``, or what the plugin printed by itself, ``{"printed": TEXT}``.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what its programs print is no answer

    def send(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    sys.stdout = printed = _printed(lambda text: send(printed=text))
    answer = _answer(job, send)
    for stream in (printed, sys.stderr):
        with contextlib.suppress(ValueError):  # the plugin closed it
            stream.flush()
    send(**answer)
    os._exit(0)  # without waiting for threads that the plugin left behind


class _Printed(io.RawIOBase):
    """Sends the beginning of what is written to it as text: a plugin may print without end."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._left = PRINTED_BYTES

    def writable(self) -> bool:
        """Return true: that is all it is for."""
        return True

    def write(self, data: Any) -> int:
        """Send these bytes."""
        begun = bytes(data)[: self._left]
        self._left -= len(begun)
        if begun:
            self._send(begun.decode("utf-8", "replace"))
        return len(data)


def _printed(send: Callable[[str], None]) -> io.TextIOWrapper:
    """Make a standard output that sends each line once it is printed."""
    return io.TextIOWrapper(
        io.BufferedWriter(_Printed(send)), "utf-8", "replace", line_buffering=True
    )


def _answer(job: dict[str, Any], send: Callable[..., None]) -> dict[str, Any]:
    try:
        report = _collect(job, send)
        rows = () if report.told else report.rows
        return {"text": report.text, "rows": list(rows), "told": report.told}
    except SysmonError as error:
        return _failed(error)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        failure = culprit.failure(error)
        trace = "".join(traceback.format_exception(error))
        return _failed(failure) | {"trace": trace, "place": failure.place}


def _failed(error: SysmonError) -> dict[str, str]:
    return {"error": str(error), "kind": type(error).__name__}


def _collect(job: dict[str, Any], send: Callable[..., None]) -> Report:
    metric = _metric(job)
    params = metric.params.model_validate(job["params"])
    with Stop() as stop:
        deadline = time.monotonic() + job["seconds"]
        own = _settings(metric, job["settings"])
        path = job["command_path"]
        texts = caller_text.values(params)
        limit = job["output_limit"]
        run = Run(deadline, limit, stop, command_path=path, texts=texts, settings=own)
        if job["text_wanted"]:
            run = replace(run, listener=lambda part: send(part=part.decode()))
        if job["samples_wanted"]:
            run = replace(run, sample_listener=lambda sample: send(sample=asdict(sample)))
        return require_report(metric.collect(params, run), run.output_limit)


def _settings(metric: Metric, inputs: dict[str, Any] | None) -> PluginSettings | NoSettings:
    """Make the settings that the parent has validated, once more."""
    if metric.settings is None:
        return NoSettings()
    try:
        return metric.settings.model_validate(inputs or {})
    except ValueError:  # from None: its text may have a secret
        raise MetricFailed("The settings no longer fit the plugin: start sysmon again") from None


def _metric(job: dict[str, Any]) -> Metric:
    """Load the metric and make it ready with the parent's command_path."""
    declared = load_plugins([EntryPoint(job["plugin"], job["module"], GROUP)]).get(job["metric"])
    if declared is None:
        raise MetricFailed(f"The plugin no longer has the metric {job['metric']}")
    return declared.on_host(job["command_path"])
