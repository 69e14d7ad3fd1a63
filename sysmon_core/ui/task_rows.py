"""Tasks as pages show them: what version 4 shows, and words for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from sysmon_core.api.v4.task_fields import shown_task
from sysmon_core.errors import TasksUnavailable
from sysmon_core.services.task import Task, TaskQuery
from sysmon_core.ui.page import Site

STATE_WORDS = {
    "QUEUED": "waiting",
    "STARTED": "running",
    "RETRY": "to run again",
    "SUCCESS": "done",
    "FAILURE": "failed",
    "REVOKED": "cancelled",
}


def newest_tasks(
    request: Request, site: Site, query: TaskQuery, limit: int
) -> list[dict[str, Any]] | None:
    """Return the newest tasks of a query as pages show them; None if Redis is away."""
    try:
        found = site.task_answers.page(request, query, limit)
    except TasksUnavailable:
        return None
    return shown_tasks(request, site, found.tasks)


def shown_tasks(request: Request, site: Site, tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Return tasks as version 4 has them, each with its state in a word."""
    shown = (shown_task(request, site.version, one) for one in tasks)
    return [one | {"word": STATE_WORDS[one["state"]]} for one in shown]
