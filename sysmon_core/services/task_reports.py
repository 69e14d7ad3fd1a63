"""TaskReports: what tasks have given so far, as reports with samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sysmon_core.errors import TaskNotFound
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Registry
from sysmon_core.metrics.report import Report, Row
from sysmon_core.services.blame import blame
from sysmon_core.services.params import parse
from sysmon_core.services.task import Output, Task
from sysmon_core.services.task_records import Records
from sysmon_core.services.tasks import NOT_FOUND


@dataclass(frozen=True)
class TaskReport:
    """The report of a task, as far as it has come.

    Args:
        report: its end is 0 while the task runs.
        complete: whether no more will come.
        truncated: whether the oldest samples are not kept any more.
    """

    task: Task
    report: Report
    complete: bool
    truncated: bool


class TaskReports:
    """Makes reports of what the records have of a task."""

    def __init__(self, records: Records, registry: Registry, samples_kept: int) -> None:
        self._records = records
        self._registry = registry
        self._samples_kept = samples_kept

    def get(self, task_id: str, after: int | None = None) -> TaskReport:
        """Return the report of a task; with ``after``, samples of a greater index and no text.

        Raises:
            TaskNotFound: there is no such task any more.
        """
        output = self._records.output(task_id, after)
        if output is None:
            raise TaskNotFound(NOT_FOUND)
        task = output.task
        truncated = task.truncated or task.samples > self._samples_kept
        return TaskReport(task, self._report(output, after), task.state.final, truncated)

    def _report(self, output: Output, after: int | None) -> Report:
        """Make a report: samples that came while the task ran, or rows of its result."""
        task, metric = output.task, self._registry.get(output.task.metric)
        columns = metric.columns if metric else ()
        found = task.report
        if found is None or found.told:
            report = Report(found.text if found else output.text)
            return report.of_run(columns, *_times(task)).with_samples(output.samples)
        report = self._with_rows(task, metric, found)
        if after is not None:
            return report.with_samples([one for one in report.samples if one.index > after])
        return report

    def _with_rows(self, task: Task, metric: Metric | None, found: Report) -> Report:
        """Have rows that no result has read from the text, once they are asked for."""
        if metric is None:
            return found
        whole = Report(found.text, found.rows or partial(_read, metric, task, found.text))
        return whole.of_run(metric.columns, *_times(task), partial(blame, metric), metric.cut)


def _read(metric: Metric, task: Task, text: str) -> Sequence[Row]:
    return metric.parse(text, parse(metric.params, task.params.items()))


def _times(task: Task) -> tuple[float, float, str]:
    """Return start, end and host of a run: by the record, whose clock all share.

    Records of earlier versions have no times, but reports do.
    """
    report = task.report or Report("")
    started, ended = task.started or report.started, task.ended or report.finished
    return started, ended, report.host or task.host
