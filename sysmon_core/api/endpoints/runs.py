"""Endpoints that run a metric, while the caller waits or as a task, and the index of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import errors
from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Answer, Endpoint, View
from sysmon_core.api.framework.environ_keys import ON_DISCONNECT
from sysmon_core.api.framework.inputs import Query, Reader
from sysmon_core.api.framework.links import Link, link, path_of
from sysmon_core.api.framework.permissions import PUBLIC, caller_of
from sysmon_core.api.framework.work import TASKS, Work
from sysmon_core.api.versions import Version
from sysmon_core.api.wsgi.response_cache import mark_cacheable
from sysmon_core.errors import RunStopped, RunTooLong
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.report import Report
from sysmon_core.services.executor import CALLER_GONE, Executor
from sysmon_core.services.grants import Scope
from sysmon_core.services.report_cache import CachedReport
from sysmon_core.services.tasks import Tasks

SPARE_THREADS = 2  # beyond the slots, to refuse callers when all slots are taken
DISCONNECTED = "499 Client Closed Request"  # nginx's status, for the log: nobody gets it

RUN = (errors.MetricUnavailable, errors.MetricFailed, errors.MetricTimeout)
LONG_RUN = (*RUN, errors.RunTooLong, errors.TooManyRuns)
SUBMIT = (
    *(errors.MetricUnavailable, errors.MetricFailed, errors.RunTooLong),
    *(errors.TooManyTasks, errors.TasksUnavailable),
)


def index(version: Version, metrics: Sequence[Metric], *others: str) -> Endpoint:
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
    """Declare a run while the caller waits; ``elsewhere`` is a version that makes tasks of runs."""

    def view(request: Request) -> Any:
        try:
            cached = collect_now(request, metric, executor)
        except RunStopped as error:
            return disconnected(error)
        except RunTooLong as error:
            raise too_long(request, error, _advice(request, metric, elsewhere)) from None
        if cached.lifetime:
            mark_cacheable(request, cached, private=permission != PUBLIC)
        return body_of(metric.name, cached.report)

    return Endpoint(
        view=view,
        permission=permission,
        scope=Scope.RUN if metric.long else Scope.READ,
        metric=metric.name,
        work=work_of(metric, executor),
        cached=bool(metric.lifetime),
        reads=Query(metric.params, schema_name(metric)),
        summary=metric.title,
        description=metric.description,
        unavailable=partial(executor.unavailable, metric),
        answers={200: Answer(schemas.report(metric.name))},
        raises=LONG_RUN if metric.long else RUN,
    )


def collect_now(
    request: Request, metric: Metric, executor: Executor, *, samples: bool = False
) -> CachedReport:
    """Collect what a request asks for, while its caller waits; see ``Executor.run_now``."""
    address, watch = caller_of(request).address, request.environ.get(ON_DISCONNECT)
    params = request.validated["params"]
    return executor.run_now(metric, params, address, watch, samples=samples)


def disconnected(error: RunStopped) -> Response:
    """Return what the log has where a run was stopped since its caller is gone.

    Raises:
        RunStopped: it was stopped otherwise.
    """
    if str(error) != CALLER_GONE:
        raise error
    return Response(status=DISCONNECTED)


def schema_name(metric: Metric) -> str:
    """Return the name of the schema of a metric's params in the API document."""
    return f"metric.{metric.name}"


def body_of(metric: str, report: Report) -> dict[str, str]:
    """Return the body of versions 1 to 3 for a report."""
    return {metric: report.text}


def work_of(metric: Metric, executor: Executor) -> Work:
    """Return the threads for a metric: a quick one has its own, all long ones share theirs."""
    runs = executor.max_runs(metric)
    return Work("run", runs + SPARE_THREADS) if metric.long else Work(f"run {metric.name}", runs)


def _advice(request: Request, metric: Metric, elsewhere: Version | None) -> str:
    if elsewhere is None:
        return "ask for less"
    path = path_of(request, elsewhere.route(f"metric.{metric.name}"))
    return f"{path} has no such limit: it makes a task of it"


def submit(
    version: Version, metric: Metric, tasks: Tasks, permission: str, reads: Reader
) -> Endpoint:
    """Declare the submission of a task, by GET or by POST."""
    return Endpoint(
        view=_submission(version, metric, tasks),
        permission=permission,
        scope=Scope.RUN,
        metric=metric.name,
        work=TASKS,
        reads=reads,
        summary=f"{metric.title}, as a task",
        description=metric.description,
        unavailable=partial(tasks.unavailable, metric),
        answers={201: Answer(schemas.TaskCreated, _to_the_task(version))},
        raises=SUBMIT,
    )


def _to_the_task(version: Version) -> dict[str, str]:
    return {version.route(f"task.{method}"): "task_id" for method in ("get", "delete")}


def _submission(version: Version, metric: Metric, tasks: Tasks) -> View:
    """Make the view that submits a task and answers with its id."""

    def view(request: Request) -> schemas.TaskCreated:
        try:
            params, by = request.validated["params"], caller_of(request)
            task_id = tasks.submit(metric, params, by, owned=version.owned).task.id
        except RunTooLong as error:
            raise too_long(request, error, "ask for less") from None
        path = path_of(request, version.route("task"), task_id=task_id)
        request.response.status = 201
        request.response.location = path
        return schemas.TaskCreated(task_id=task_id, links=[schemas.TaskLink(rel="task", href=path)])

    return view


def too_long(request: Request, error: RunTooLong, advice: str) -> RunTooLong:
    """Make the error that names the limit and the params that led past it."""
    return RunTooLong(error.limit, request.validated["places"], advice)
