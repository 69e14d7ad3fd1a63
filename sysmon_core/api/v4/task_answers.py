"""Tasks that a caller may see, and responses that show one, now or once it has ended."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.conditional import conditional
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.errors import of_error
from sysmon_core.api.framework.inputs import JSON
from sysmon_core.api.framework.permissions import USER, may_ask
from sysmon_core.api.framework.prefer import seconds_to_wait
from sysmon_core.api.framework.waits import Wait, wait_for
from sysmon_core.api.v4.task_fields import revision, shown_task
from sysmon_core.api.versions import Version
from sysmon_core.errors import SysmonError, TaskNotFound
from sysmon_core.services.task import Task, TaskPage, TaskQuery
from sysmon_core.services.tasks import NOT_FOUND, Tasks


class TaskAnswers:
    """Finds the tasks that a caller may see, and makes the responses that show one.

    Args:
        permissions: what a caller needs for each metric; a user will do where its plugin is gone.
        wait_limit: seconds for which a request may wait.
    """

    def __init__(
        self, version: Version, tasks: Tasks, permissions: Mapping[str, str], wait_limit: int
    ) -> None:
        self._version = version
        self._tasks = tasks
        self._permissions = permissions
        self._wait_limit = wait_limit

    def answer(self, request: Request, task: Task) -> Response:
        """Show a task; if the client prefers to wait for its end, have it shown then."""
        request.response.headers["Vary"] = "Prefer"
        seconds = seconds_to_wait(request, self._wait_limit)
        if not seconds:
            return self._show(request, task)
        if not task.state.final:
            late = Wait(
                task.id, seconds, lambda waited: self._late(request, waited * seconds, task)
            )
            wait_for(request, late)
            return request.response
        return self._show(request, task, seconds)

    def find(self, request: Request, task_id: str) -> Task:
        """Return a task that the caller may see.

        Raises:
            TaskNotFound: there is none.
        """
        task = self._tasks.of_grant(task_id, request.environ[GRANT])
        if not self._may_see(request, task):
            raise TaskNotFound(NOT_FOUND)
        return task

    def page(
        self, request: Request, query: TaskQuery, limit: int, end: str | None = None
    ) -> TaskPage:
        """Return a page of the tasks of a query that the caller may see."""
        found = self._tasks.list(query, limit, end)
        return TaskPage([one for one in found.tasks if self._may_see(request, one)], found.end)

    def _may_see(self, request: Request, task: Task) -> bool:
        """Whether the caller may ask for a task's metric: one who was an admin may not any more."""
        return may_ask(request, task.metric, self._permissions.get(task.metric, USER))

    def _late(self, request: Request, applied: int, task: Task) -> Response:
        """Show the task as it is after the wait; the views of errors are no longer around."""
        try:
            return self._show(request, self.find(request, task.id), applied)
        except SysmonError as error:
            return of_error(request.environ, error)
        except HTTPException as response:
            return response

    def _show(self, request: Request, task: Task, applied: int = 0) -> Response:
        response: Response = request.response
        if applied:
            response.headers["Preference-Applied"] = f"wait={applied}"
        if request.method != "POST":
            conditional(request, revision(task))
        response.content_type = JSON
        response.body = json.dumps(shown_task(request, self._version, task)).encode()
        return response
