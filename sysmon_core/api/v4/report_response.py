"""The response that shows a report, of a run that was waited for or of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import Field
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.accept import best_offer
from sysmon_core.api.framework.inputs import JSON
from sysmon_core.api.framework.times import rfc3339
from sysmon_core.api.v4.columns import shown_columns
from sysmon_core.api.v4.report_writers import as_csv, as_json
from sysmon_core.metrics.column import Column
from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.report import Report, Sample

TEXT, CSV = "text/plain", "text/csv"
MEDIA_TYPES = (JSON, TEXT, CSV)
CONTENT_TYPES = {  # the second by RFC 4180, 3
    TEXT: f"{TEXT}; charset=utf-8",
    CSV: f"{CSV}; charset=utf-8; header=present",
}
TEXT_FORMATS = {kind: {"type": "string"} for kind in (TEXT, CSV)}  # in the API document


class ReportFormat(StrEnum):
    """A format of reports."""

    JSON = "json"
    TEXT = "text"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return MEDIA_TYPES[list(ReportFormat).index(self)]


class FormatParams(Params):
    """Params of whatever shows a report."""

    format: ReportFormat | None = Field(
        None, description="The format, in place of the header Accept"
    )


def media_type_of(request: Request, wanted: ReportFormat | None) -> str:
    """Choose the media type of a report, by the param ``format`` or else by the header Accept."""
    request.response.headers["Vary"] = "Accept"
    if wanted is not None:
        return wanted.media_type
    return best_offer(request, MEDIA_TYPES) or JSON


@dataclass(frozen=True, kw_only=True)
class ShownReport:
    """A report, with all that is shown beside it.

    Args:
        params: those of the run, as JSON.
        age: seconds since the last of it came.
        complete: whether no more will come.
        truncated: whether older samples were dropped.
        has_text: whether its text is shown; in JSON it is null otherwise.
        next: the index to ask with for later samples.
    """

    metric: str
    columns: Sequence[Column]
    params: Mapping[str, Any]
    report: Report
    age: float
    complete: bool = True
    truncated: bool = False
    has_text: bool = True
    next: int | None = None

    def as_text(self) -> bytes:
        """Write what version 1 shows, which needs no rows."""
        return self.report.text.encode("utf-8", "replace")

    def as_csv(self) -> bytes:
        """Write the rows as CSV.

        Raises:
            MetricFailed: they cannot be read.
        """
        return as_csv(self.columns, self._samples)

    def as_json(self) -> bytes:
        """Write all of it as JSON.

        Raises:
            MetricFailed: the rows cannot be read.
        """
        report = self.report
        before = {
            "metric": self.metric,
            "host": report.host,
            "params": self.params,
            "started": rfc3339(report.started or None),
            "finished": rfc3339(report.finished or None),
            "age": self.age,
            "columns": shown_columns(self.columns),
        }
        after = {
            "text": report.text if self.has_text else None,
            "complete": self.complete,
            "truncated": self.truncated,
            "next": self.next,
        }
        return as_json(before, self.columns, self._samples, after)

    @property
    def _samples(self) -> Sequence[Sample]:
        """The samples; without columns nobody knows what is in them, and they are not read."""
        return self.report.samples if self.columns else ()


def report_response(request: Request, media_type: str, shown: ShownReport) -> Response:
    """Return the response that shows a report in one of the media types, and computes no other.

    Raises:
        MetricFailed: the rows cannot be read.
    """
    write = {JSON: shown.as_json, TEXT: shown.as_text, CSV: shown.as_csv}[media_type]
    response: Response = request.response
    response.body = write()
    response.headers["Content-Type"] = CONTENT_TYPES.get(media_type, media_type)
    return response
