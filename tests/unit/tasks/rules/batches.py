"""Parts of what a run gives, and what the records then have."""

from __future__ import annotations

from sysmon_core.metrics.registry import Registry
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.services.task_reports import TaskReport, TaskReports
from tests.unit.tasks.conftest import KEPT, PLAIN

ID = PLAIN.id

Batch = tuple[str, str, Part]  # what ``append`` takes


def part(number: int, *indexes: int, text: bytes = b"") -> Part:
    """A part with a row for each of these indexes, which may be one twice."""
    samples = [Sample(index + 0.5, [{"depth": index}], index) for index in indexes]
    return Part(number, text, samples)


def batch(
    number: int, *indexes: int, text: bytes = b"", token: str = "ours", task_id: str = ID
) -> Batch:
    """The same, of a run."""
    return task_id, token, part(number, *indexes, text=text)


def report_of(records: WorkerRecords, after: int | None = None) -> TaskReport:
    return TaskReports(records, Registry([]), KEPT).get(ID, after)


def indexes(records: WorkerRecords, after: int | None = None) -> list[int]:
    return [sample.index for sample in report_of(records, after).report.samples]
