"""Tasks as pages show them: what version 4 shows, and words for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from sysmon_core.api.v4.task_fields import shown_task
from sysmon_core.services.task import Task
from sysmon_core.ui.page import Site

STATE_WORDS = {
    "QUEUED": "waiting",
    "STARTED": "running",
    "RETRY": "to run again",
    "SUCCESS": "done",
    "FAILURE": "failed",
    "REVOKED": "cancelled",
}


def shown_tasks(request: Request, site: Site, tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Return tasks as version 4 has them, each with its state in a word."""
    shown = (shown_task(request, site.version, one) for one in tasks)
    return [one | {"word": STATE_WORDS[one["state"]]} for one in shown]
