"""The paths of tasks: list them, submit one, show one and its report, end one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sysmon_core import errors
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework import idempotency
from sysmon_core.api.framework.declarations import CONDITION, Answer, Endpoint, Resource
from sysmon_core.api.framework.inputs import JSON, Body, Query
from sysmon_core.api.framework.permissions import USER
from sysmon_core.api.framework.work import CHANGE, TASKS
from sysmon_core.api.v4 import schemas
from sysmon_core.api.v4.new_task import NewTask
from sysmon_core.api.v4.report_response import MEDIA_TYPES, TEXT_FORMATS
from sysmon_core.api.v4.task_list import TaskList
from sysmon_core.api.v4.task_views import TaskReportParams, TaskViews
from sysmon_core.api.versions import Version
from sysmon_core.services.grants import Scope

PREFER, APPLIED = "Prefer", "Preference-Applied"
UNAVAILABLE = (errors.TasksUnavailable,)
ONE = (errors.TaskNotFound, *UNAVAILABLE)
SUBMIT = (
    *(errors.MetricUnavailable, errors.MetricFailed, errors.RunTooLong, errors.HostNotFound),
    *(errors.TooManyTasks, errors.IdempotencyKeyReused, *UNAVAILABLE),
)
ID = {"id": "The id of a task"}


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the paths of tasks."""
    views = TaskViews(version, deps)
    both = {"GET": _list(views), "POST": _submit(version, views, deps.body_limit)}
    yield version.resource("tasks", "tasks/", both)
    yield version.resource("task", "tasks/{id}", {"GET": _show(views), "DELETE": _end(views)}, ID)
    yield version.resource("task.report", "tasks/{id}/report", {"GET": _report(views)}, ID)


def _endpoint(scope: Scope, **fields: Any) -> Endpoint:
    """Declare an endpoint for users; its view finds out which metric it is about."""
    work = fields.pop("work", TASKS)
    return Endpoint(permission=USER, scope=scope, checks_metric=True, work=work, **fields)


def _list(views: TaskViews) -> Endpoint:
    return _endpoint(
        Scope.READ,
        view=views.list,
        reads=Query(TaskList),
        headers=(CONDITION,),
        summary="Tasks, the newest first",
        description="One's own; for admins all, those of version 2 too.",
        answers={200: Answer(schemas.TaskList, headers=("Link",))},
        raises=(errors.InvalidInput, *UNAVAILABLE),
    )


def _submit(version: Version, views: TaskViews, body_limit: int) -> Endpoint:
    follow = {version.route(f"task.{method}"): "id" for method in ("get", "delete")}
    follow[version.route("task.report.get")] = "id"
    return _endpoint(
        Scope.RUN,
        view=views.submit,
        reads=Body(NewTask, body_limit, kinds=(JSON,)),
        headers=(PREFER, idempotency.NAME),
        summary="Submit a task",
        description="A run of any metric, quick ones too.",
        answers={201: Answer(schemas.Task, follow, headers=(APPLIED,))},
        raises=SUBMIT,
    )


def _show(views: TaskViews) -> Endpoint:
    return _endpoint(
        Scope.READ,
        view=views.show,
        headers=(PREFER, CONDITION),
        summary="A task: how far it is, what became of it",
        answers={200: Answer(schemas.Task, headers=(APPLIED,))},
        raises=ONE,
    )


def _end(views: TaskViews) -> Endpoint:
    return _endpoint(
        Scope.RUN,
        view=views.end,
        work=CHANGE,
        summary="Cancel a task, or remove one that has ended",
        description="What its run has given until then can be read as before.",
        answers={204: Answer()},
        raises=ONE,
    )


def _report(views: TaskViews) -> Endpoint:
    return _endpoint(
        Scope.READ,
        view=views.report,
        reads=Query(TaskReportParams),
        headers=(CONDITION,),
        media_types=MEDIA_TYPES,
        summary="The report of a task, as far as it has come",
        description="Also while it runs, and after a cancel or a failure.",
        answers={200: Answer(schemas.Report, formats=TEXT_FORMATS)},
        raises=(*ONE, errors.MetricFailed),
    )
