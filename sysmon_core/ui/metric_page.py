"""The page of one metric: its form, what it gave, and its recent runs."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.permissions import caller_of, may_ask
from sysmon_core.api.v4.columns import shown_columns
from sysmon_core.metrics.metric import Metric
from sysmon_core.services.grants import Grant, Scope
from sysmon_core.services.task import TaskQuery
from sysmon_core.ui.forms import fields
from sysmon_core.ui.page import Site, endpoint, resource
from sysmon_core.ui.task_rows import newest_tasks

MAX_RUNS = 10


def resources(site: Site) -> Iterator[Resource]:
    """Declare the page of every metric."""
    view = endpoint(_Views(site).metric, "A metric: its form and its runs")
    yield resource("metric", "metrics/{name}", {"GET": view}, {"name": "The name of a metric"})


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site

    def metric(self, request: Request) -> Response:
        metric = self._metric(request)
        own_runs = TaskQuery(caller_of(request).user, metric=metric.name)
        return self._site.renderer.response(
            request,
            "metric.jinja2",
            metric=metric,
            columns=shown_columns(metric.columns),
            fields=fields(metric.params, request.GET.dict_of_lists()),
            unavailable=self._site.deps.executor.unavailable(metric),
            runs=newest_tasks(request, self._site, own_runs, MAX_RUNS),
            may_run=_may_run(request, metric),
        )

    def _metric(self, request: Request) -> Metric:
        """Return the metric.

        Raises:
            HTTPNotFound, HTTPForbidden: there is none of this name, or the caller may not ask it.
        """
        name = request.matchdict["name"]
        metric = self._site.deps.registry.get(name)
        if metric is None:
            raise HTTPNotFound
        if not may_ask(request, name, self._site.permission(metric)):
            raise HTTPForbidden
        return metric


def _may_run(request: Request, metric: Metric) -> bool:
    grant: Grant = request.environ[GRANT]
    return grant.scope >= (Scope.RUN if metric.long else Scope.READ)
