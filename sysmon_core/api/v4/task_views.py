"""The views of tasks."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.conditional import conditional
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.lists import listed, next_path
from sysmon_core.api.framework.permissions import caller_of
from sysmon_core.api.v4.new_task import NewTask, metric_request, options_of
from sysmon_core.api.v4.report_response import (
    TEXT,
    FormatParams,
    ShownReport,
    media_type_of,
    report_response,
)
from sysmon_core.api.v4.task_answers import TaskAnswers
from sysmon_core.api.v4.task_fields import report_age, revision, shown_task
from sysmon_core.api.v4.task_list import TaskList, cursor_of, query_of
from sysmon_core.api.versions import Version
from sysmon_core.errors import Fault, InvalidInput, RunTooLong
from sysmon_core.metrics.parameter_types import Integer
from sysmon_core.running.sample import Sample
from sysmon_core.services.grants import Grant
from sysmon_core.services.task import Task
from sysmon_core.services.task_reports import TaskReport


class TaskReportParams(FormatParams):
    """Params of a task's report."""

    after: Annotated[Integer, Field(ge=0)] | None = Field(
        None, description="Samples with a greater index alone, and no text"
    )


class TaskViews:
    """Each view takes a request and returns what is rendered, or a response."""

    def __init__(self, version: Version, deps: Dependencies) -> None:
        self._version = version
        self._deps = deps
        self._tasks = deps.tasks
        self._metrics = {
            one.name: (one, version.permission(one.access, private=True))
            for one in version.metrics(deps.registry)
        }
        permissions = {name: permission for name, (_, permission) in self._metrics.items()}
        self._answers = TaskAnswers(version, deps.tasks, permissions, deps.wait_limit)

    def list(self, request: Request) -> dict[str, Any]:
        """List tasks, a page of them."""
        params: TaskList = request.validated["params"]
        grant: Grant = request.environ[GRANT]
        query, end = query_of(params, grant.account)
        page = self._answers.page(request, query, params.limit, end)
        cursor = cursor_of(query, page.end)
        conditional(request, json.dumps([[revision(one) for one in page.tasks], cursor]))
        items = [shown_task(request, self._version, task) for task in page.tasks]
        return listed(request, items, next_path(request, params.limit, cursor))

    def submit(self, request: Request) -> Response:
        """Submit a task; wait for its end if the client prefers that."""
        new: NewTask = request.validated["params"]
        self._deps.executor.require_host(new.host)
        found = metric_request(request, new, self._metrics)
        options = options_of(request, new, found)
        host = self._deps.executor.host
        try:
            made = self._tasks.submit(
                found.metric,
                found.params,
                caller_of(request),
                owned=True,
                options=options,
                host=host,
            )
        except RunTooLong as error:
            raise InvalidInput([Fault("params", f"{error}: ask for less")]) from None
        request.response.status = 201
        path = path_of(request, self._version.route("task"), id=made.task.id)
        request.response.location = path
        return self._answers.answer(request, made.task)

    def show(self, request: Request) -> Response:
        """Show a task, once it has ended if the client prefers that."""
        return self._answers.answer(request, self._task(request))

    def end(self, request: Request) -> Response:
        """Cancel a task, or remove one that has ended."""
        self._tasks.end(self._task(request), caller_of(request))
        return HTTPNoContent()

    def report(self, request: Request) -> Response:
        """Show what a task has given so far."""
        params: TaskReportParams = request.validated["params"]
        task = self._task(request)
        media_type = media_type_of(request, params.format)
        conditional(request, json.dumps([task.id, task.revision, params.after, media_type]))
        found = self._deps.task_reports.get(task.id, params.after)
        return report_response(request, media_type, _shown(found, params.after, media_type))

    def _task(self, request: Request) -> Task:
        return self._answers.find(request, request.matchdict["id"])


def _shown(found: TaskReport, after: int | None, media_type: str) -> ShownReport:
    """Put a report together; as text it needs no rows, which may have to be read first."""
    task, has_rows = found.task, media_type != TEXT and bool(found.report.columns)
    samples = found.report.samples if has_rows else ()
    last = samples[-1] if samples else None
    return ShownReport(
        metric=task.metric,
        columns=found.report.columns,
        params=task.params,
        report=found.report,
        age=report_age(task, last.at if last else None),
        complete=found.complete,
        truncated=found.truncated,
        has_text=after is None,
        next=_next(found, after, last),
    )


def _next(found: TaskReport, after: int | None, last: Sample | None) -> int | None:
    """Return the index to ask with: while a run goes on, rows of its last sample may yet come."""
    if last is None:
        return after
    index = last.index if found.complete else last.index - 1
    return index if index >= 0 else after
