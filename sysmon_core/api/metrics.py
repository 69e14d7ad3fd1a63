"""Views of metrics: the list, a run while the caller waits, a run as a task."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from sysmon_core.api.problems import problem
from sysmon_core.api.service import View
from sysmon_core.errors import Fault, RunTooLong
from sysmon_core.metric import Metric
from sysmon_core.registry import Registry
from sysmon_core.services.collection import Collection
from sysmon_core.services.tasks import Tasks

Link = dict[str, str]


def link(rel: str, request: Request, route: str, **parts: str) -> Link:
    """A link as the client sees it, below whatever prefix the service stands."""
    return {"rel": rel, "href": request.route_path(route, **parts)}


def index(version: str, metrics: Registry, *more: str) -> View:
    """The links of one version: each metric, then what else it has."""

    def view(request: Request) -> dict[str, list[Link]]:
        routes = {metric.name: f"{version}.metric.{metric.name}" for metric in metrics}
        routes |= {name: f"{version}.{name}" for name in more}
        return {"links": [link(name, request, route) for name, route in routes.items()]}

    return view


def run_now(metric: Metric, collection: Collection) -> View:
    """Collect and answer with the report."""

    def view(request: Request) -> Any:
        try:
            return collection.run_now(metric, request.validated["params"])
        except RunTooLong as error:
            path = request.route_path(f"v2.metric.{metric.name}")
            return too_long(request, error, f"{path} has no such limit: it makes a task of it")

    return view


def submit(version: str, metric: Metric, tasks: Tasks) -> View:
    """Make a task and answer with its id; the one view of both GET and POST."""

    def view(request: Request) -> Any:
        try:
            owner = request.authenticated_userid or "" if version == "v3" else ""
            client = f"user {owner}" if owner else f"address {request.remote_addr}"
            task_id = tasks.submit(metric, request.validated["params"], owner, client)
        except RunTooLong as error:
            return too_long(request, error, "ask for less")
        found = link("task", request, f"{version}.task", task_id=task_id)
        request.response.status = 201
        request.response.location = found["href"]
        return {"task_id": task_id, "links": [found]}

    return view


def too_long(request: Request, error: RunTooLong, advice: str) -> Any:
    """A 400 that names the limit and the params that led past it."""
    detail = f"{error}; {advice}"
    places = request.validated["places"].items()
    faults = [(place, Fault(name, str(error))) for name, place in sorted(places)]
    return problem(request.environ, 400, detail, faults)
