"""Reports that are collected while the caller waits."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import Field
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.runs import (
    LONG_RUN,
    RUN,
    collect_now,
    disconnected,
    schema_name,
    too_long,
    work_of,
)
from sysmon_core.api.framework.conditional import conditional
from sysmon_core.api.framework.declarations import CONDITION, Answer, Endpoint, Resource
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.times import age
from sysmon_core.api.v4.columns import report_schema
from sysmon_core.api.v4.report_response import (
    MEDIA_TYPES,
    TEXT,
    TEXT_FORMATS,
    FormatParams,
    ShownReport,
    media_type_of,
    report_response,
)
from sysmon_core.api.versions import Version
from sysmon_core.errors import HostNotFound, RunStopped, RunTooLong
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.report import Report
from sysmon_core.services.executor import Executor
from sysmon_core.services.grants import Scope
from sysmon_core.services.report_cache import CachedReport


class ReportOptions(FormatParams):
    """Options of a report, beside the params of its metric."""

    host: str | None = Field(None, description="The host to ask; this one, unless given")


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the report of each metric."""
    for metric in version.metrics(deps.registry):
        permission = version.permission(metric.access, private=True)
        endpoint = _report(version, metric, deps.executor, permission)
        path = f"metrics/{metric.name}/report"
        yield version.resource(f"report.{metric.name}", path, {"GET": endpoint})


def _report(version: Version, metric: Metric, executor: Executor, permission: str) -> Endpoint:
    """Declare a run while the caller waits."""

    def view(request: Request) -> Any:
        options: ReportOptions = request.validated["options"]
        executor.require_host(options.host)
        media_type = media_type_of(request, options.format)
        samples = media_type != TEXT and bool(metric.columns)
        try:
            cached = collect_now(request, metric, executor, samples=samples)
        except RunStopped as error:
            return disconnected(error)
        except RunTooLong as error:
            raise too_long(request, error, _advice(request, version)) from None
        _let_cache(request, cached)
        return _shown(request, metric, cached.report, media_type)

    return Endpoint(
        view=view,
        permission=permission,
        scope=Scope.RUN if metric.long else Scope.READ,
        metric=metric.name,
        work=work_of(metric, executor),
        reads=Query(metric.params, schema_name(metric), ReportOptions),
        headers=(CONDITION,),
        media_types=MEDIA_TYPES,
        summary=metric.title,
        description=metric.description,
        unavailable=partial(executor.unavailable, metric),
        answers={
            200: Answer(
                report_schema(metric),
                formats=TEXT_FORMATS,
                headers=("Age",) if metric.lifetime else (),
            )
        },
        raises=(*(LONG_RUN if metric.long else RUN), HostNotFound),
    )


def _advice(request: Request, version: Version) -> str:
    tasks = f"{path_of(request, version.route())}tasks/"
    return f"as a task it has no such limit: POST it to {tasks}"


def _let_cache(request: Request, cached: CachedReport) -> None:
    """Let the caller's own cache repeat the response for the lifetime of its report.

    Its Age is rounded up, as in version 1.
    """
    if cached.lifetime:
        seconds = math.ceil(max(0.0, time.monotonic() - cached.started))
        headers = {"Age": str(seconds), "Cache-Control": f"private, max-age={cached.lifetime}"}
        request.response.headers.update(headers)


def _shown(request: Request, metric: Metric, report: Report, media_type: str) -> Response:
    params = request.validated["params"].model_dump(mode="json")
    run = [metric.name, params, report.host, report.started, report.finished]
    conditional(request, json.dumps([media_type, *run]))
    seconds = age(report.finished, time.time())
    shown = ShownReport(
        metric=metric.name, columns=metric.columns, params=params, report=report, age=seconds
    )
    return report_response(request, media_type, shown)
