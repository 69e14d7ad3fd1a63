"""Endpoints of metrics: the index, a run while the caller waits, a run as a task."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from sysmon_core import errors
from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Answer, Endpoint, View
from sysmon_core.api.framework.inputs import Query, Reader
from sysmon_core.api.framework.links import Link, link, path_of
from sysmon_core.api.framework.permissions import PUBLIC, caller_of
from sysmon_core.api.framework.work import TASKS, Work
from sysmon_core.api.versions import Version
from sysmon_core.api.wsgi.response_cache import mark_cacheable
from sysmon_core.errors import Fault, InvalidInput, RunTooLong
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Registry
from sysmon_core.metrics.report import Report
from sysmon_core.services.executor import Executor
from sysmon_core.services.tasks import Tasks

SPARE_THREADS = 2  # beyond the slots, to refuse callers who find none

RUN = (errors.ProgramMissing, errors.MetricFailed, errors.MetricTimeout)
LONG_RUN = (*RUN, errors.RunTooLong, errors.TooManyRuns)
SUBMIT = (
    *(errors.ProgramMissing, errors.MetricFailed, errors.RunTooLong),
    *(errors.TooManyTasks, errors.TasksUnavailable),
)


def index(version: Version, metrics: Registry, *others: str) -> Endpoint:
    """Declare the index of one version.

    It links to each metric, then to the version's other routes of these names.
    """

    def view(request: Request) -> dict[str, list[Link]]:
        routes = {metric.name: version.route(f"metric.{metric.name}") for metric in metrics}
        routes |= {name: version.route(name) for name in others}
        return {"links": [link(name, request, route) for name, route in routes.items()]}

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="What this version has",
        answers={200: Answer(schemas.Links)},
    )


def run_now(
    metric: Metric, executor: Executor, permission: str, elsewhere: Version | None = None
) -> Endpoint:
    """Run a metric while the caller waits; ``elsewhere`` is a version that makes tasks of runs."""

    def view(request: Request) -> Any:
        try:
            cached = executor.run_now(
                metric, request.validated["params"], caller_of(request).address
            )
        except RunTooLong as error:
            raise _too_long(request, error, _advice(request, metric, elsewhere)) from None
        if cached.lifetime:
            mark_cacheable(request, cached, private=permission != PUBLIC)
        return body_of(metric.name, cached.report)

    return Endpoint(
        view=view,
        permission=permission,
        work=_work(metric, executor),
        cached=bool(metric.lifetime),
        reads=Query(metric.params),
        summary=metric.title,
        description=metric.description,
        answers={200: Answer(schemas.report(metric.name))},
        raises=LONG_RUN if metric.long else RUN,
    )


def body_of(metric: str, report: Report) -> dict[str, str]:
    """Return the body of versions 1 to 3 for a report."""
    return {metric: report.text}


def _work(metric: Metric, executor: Executor) -> Work:
    """Return the threads for a metric: a quick one has its own, all long ones share theirs."""
    at_once = executor.at_once(metric)
    return (
        Work("run", at_once + SPARE_THREADS) if metric.long else Work(f"run {metric.name}", at_once)
    )


def _advice(request: Request, metric: Metric, elsewhere: Version | None) -> str:
    if elsewhere is None:
        return "ask for less"
    path = path_of(request, elsewhere.route(f"metric.{metric.name}"))
    return f"{path} has no such limit: it makes a task of it"


def submit(
    version: Version, metric: Metric, tasks: Tasks, permission: str, reads: Reader
) -> Endpoint:
    """Make a task of a run: by GET or by POST."""
    return Endpoint(
        view=_submission(version, metric, tasks),
        permission=permission,
        work=TASKS,
        reads=reads,
        summary=f"{metric.title}, as a task",
        description=metric.description,
        answers={201: Answer(schemas.TaskCreated, _to_the_task(version))},
        raises=SUBMIT,
    )


def _to_the_task(version: Version) -> dict[str, str]:
    return {version.route(f"task.{method}"): "task_id" for method in ("get", "delete")}


def _submission(version: Version, metric: Metric, tasks: Tasks) -> View:
    """Make a task and answer with its id."""

    def view(request: Request) -> schemas.TaskCreated:
        try:
            params, by = request.validated["params"], caller_of(request)
            task_id = tasks.submit(metric, params, by, owned=version.owned)
        except RunTooLong as error:
            raise _too_long(request, error, "ask for less") from None
        path = path_of(request, version.route("task"), task_id=task_id)
        request.response.status = 201
        request.response.location = path
        return schemas.TaskCreated(task_id=task_id, links=[schemas.TaskLink(rel="task", href=path)])

    return view


def _too_long(request: Request, error: RunTooLong, advice: str) -> InvalidInput:
    """Make the error that names the limit and the params that led past it."""
    places = sorted(request.validated["places"].items())
    return InvalidInput(
        (Fault(name, str(error), place) for name, place in places), f"{error}; {advice}"
    )
