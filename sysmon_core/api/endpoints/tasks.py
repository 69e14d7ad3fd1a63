"""Endpoints of tasks: show one, cancel one."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api import schemas
from sysmon_core.api.endpoints.runs import body_of
from sysmon_core.api.framework.declarations import Answer, Endpoint
from sysmon_core.api.framework.links import link
from sysmon_core.api.framework.permissions import caller_of, require_metric_of
from sysmon_core.api.framework.work import CHANGE, TASKS
from sysmon_core.api.versions import Version
from sysmon_core.errors import TaskNotFound, TasksUnavailable
from sysmon_core.services.grants import Scope
from sysmon_core.services.task import State
from sysmon_core.services.tasks import Tasks

RAISES = (TaskNotFound, TasksUnavailable)


def show(version: Version, tasks: Tasks, permission: str) -> Endpoint:
    """Show the task: its state, its result or error once it has ended, and its links."""

    def view(request: Request) -> dict[str, Any]:
        task = tasks.get(request.matchdict["task_id"], owned=version.owned)
        require_metric_of(request, lambda: task)
        here = link("self", request, version.route("task"), task_id=task.id)
        links = [here]
        fields: dict[str, Any] = {"task_id": task.id, "state": task.state.value}
        if task.report is not None:
            fields["result"] = body_of(task.metric, task.report)
        elif task.state is State.FAILURE:
            fields["result"] = task.error
        elif not task.state.final:
            links.append({"rel": "cancel", "method": "DELETE", "href": here["href"]})
        return fields | {"links": links}

    return Endpoint(
        view=view,
        permission=permission,
        scope=Scope.READ,
        checks_metric=True,
        work=TASKS,
        summary="What became of a task",
        answers={200: Answer(schemas.Task)},
        raises=RAISES,
    )


def cancel(version: Version, tasks: Tasks, permission: str) -> Endpoint:
    """Stop the task, or remove the record of one that has ended."""

    def view(request: Request) -> Response:
        task_id = request.matchdict["task_id"]
        require_metric_of(request, lambda: tasks.get(task_id, owned=version.owned))
        tasks.cancel(task_id, caller_of(request), owned=version.owned)
        return HTTPNoContent()

    return Endpoint(
        view=view,
        permission=permission,
        scope=Scope.RUN,
        checks_metric=True,
        work=CHANGE,
        summary="Stop a task",
        description="One that has not ended is stopped and reads REVOKED from then on; "
        "of one that has ended, the record is removed.",
        answers={204: Answer()},
        raises=RAISES,
    )
