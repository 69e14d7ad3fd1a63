"""Tasks as version 4 shows them."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from sysmon_core.api.framework.links import link
from sysmon_core.api.framework.times import age, rfc3339
from sysmon_core.api.versions import Version
from sysmon_core.services.task import State, Task

MAX_FRACTION = 0.99  # of the declared duration, until the task has succeeded


def shown_task(request: Request, version: Version, task: Task) -> dict[str, Any]:
    """Return a task as bodies have it."""
    return {
        "id": task.id,
        "metric": task.metric,
        "params": dict(task.params),
        "host": task.host or None,
        "owner": task.owner or None,
        "state": task.state.value,
        "created": rfc3339(task.created or None),
        "started": rfc3339(task.started),
        "finished": rfc3339(task.ended),
        "expires": rfc3339(task.expires),
        "age": age(task.created, task.now) if task.created else None,
        "progress": {"fraction": fraction(task), "samples": task.samples},
        "error": {"detail": task.error, "code": task.code or None} if task.error else None,
        "links": _links(request, version, task),
    }


def fraction(task: Task) -> float | None:
    """Return how far a task is: the elapsed time by the declared duration.

    It is below 1 until the task has succeeded, and None where no duration was declared.
    """
    if task.state is State.SUCCESS:
        return 1.0
    if not task.seconds:
        return None
    if task.started is None or task.state is State.RETRY:
        return 0.0
    elapsed = (task.ended or task.now) - task.started
    return round(min(MAX_FRACTION, max(0.0, elapsed / task.seconds)), 3)


def revision(task: Task) -> str:
    """Return a text that changes whenever a task as it is shown does, for its ETag.

    Of a run that goes on that is so at each percent: a bar would stand still between two samples.
    Its age alone does not count.
    """
    done = fraction(task)
    return f"{task.id} {task.revision} {'' if done is None else round(done, 2)}"


def report_age(task: Task, last_sample: float | None) -> float:
    """Return the seconds since the last of its report came."""
    came = task.ended or last_sample or task.started or task.created
    return age(came, task.now)


def _links(request: Request, version: Version, task: Task) -> list[dict[str, str]]:
    here = link("self", request, version.route("task"), id=task.id)
    report = link("report", request, version.route("task.report"), id=task.id)
    rel = "remove" if task.state.final else "cancel"
    return [here, report, {"rel": rel, "method": "DELETE", "href": here["href"]}]
