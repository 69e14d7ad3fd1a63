"""The metrics that can be asked, as they are declared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pyramid.request import Request

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.conditional import conditional
from sysmon_core.api.framework.declarations import CONDITION, Answer, Endpoint, Resource, View
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.json_schema import params_schema
from sysmon_core.api.framework.links import link
from sysmon_core.api.framework.lists import ListParams, listed, next_path
from sysmon_core.api.framework.permissions import USER, may_ask
from sysmon_core.api.framework.work import DECLARATIONS
from sysmon_core.api.v4 import schemas
from sysmon_core.api.v4.columns import shown_columns
from sysmon_core.api.versions import Version
from sysmon_core.errors import Fault, InvalidInput
from sysmon_core.metrics.metric import Metric
from sysmon_core.services.executor import Executor
from sysmon_core.services.grants import Scope


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the list of the metrics, and each of them."""
    views = _Views(version, deps.executor, version.metrics(deps.registry))
    yield version.resource("metrics", "metrics/", {"GET": _list(views.list)})
    for metric in views.metrics:
        endpoint = _one(metric, views.permission(metric), views.of(metric))
        yield version.resource(f"metric.{metric.name}", f"metrics/{metric.name}", {"GET": endpoint})


def _list(view: View) -> Endpoint:
    return Endpoint(
        view=view,
        permission=USER,
        scope=Scope.READ,
        checks_metric=True,
        work=DECLARATIONS,
        reads=Query(ListParams),
        headers=(CONDITION,),
        summary="The metrics that the caller may ask",
        answers={200: Answer(schemas.MetricList, headers=("Link",))},
    )


def _one(metric: Metric, permission: str, view: View) -> Endpoint:
    return Endpoint(
        view=view,
        permission=permission,
        scope=Scope.READ,
        metric=metric.name,
        work=DECLARATIONS,
        headers=(CONDITION,),
        summary=f"{metric.title}: what it takes and gives",
        answers={200: Answer(schemas.Metric)},
    )


class _Views:
    """The views; each takes a request and returns what is rendered."""

    def __init__(self, version: Version, executor: Executor, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics
        self._version = version
        self._executor = executor

    def permission(self, metric: Metric) -> str:
        return self._version.permission(metric.access, private=True)

    def list(self, request: Request) -> dict[str, Any]:
        """List those that the caller may ask, a page of them."""
        params: ListParams = request.validated["params"]
        may = [one for one in self.metrics if may_ask(request, one.name, self.permission(one))]
        page, cursor = _page(may, params)
        items = [self._shown(request, one) for one in page]
        conditional(request, json.dumps([items, cursor]))
        return listed(request, items, next_path(request, params.limit, cursor))

    def of(self, metric: Metric) -> View:
        """Make the view of one metric."""

        def view(request: Request) -> dict[str, Any]:
            found = self._shown(request, metric)
            conditional(request, json.dumps(found))
            return found

        return view

    def _shown(self, request: Request, metric: Metric) -> dict[str, Any]:
        unavailable = self._executor.unavailable(metric)
        routes = {"self": f"metric.{metric.name}", "report": f"report.{metric.name}"}
        return {
            "name": metric.name,
            "title": metric.title,
            "description": metric.description,
            "long": metric.long,
            "lifetime": metric.lifetime,
            "params": params_schema(metric.params),
            "columns": shown_columns(metric.columns),
            "hosts": [] if unavailable else [self._executor.host],
            "unavailable": unavailable,
            "links": [
                link(rel, request, self._version.route(route)) for rel, route in routes.items()
            ],
        }


def _page(metrics: Sequence[Metric], params: ListParams) -> tuple[Sequence[Metric], str | None]:
    """Return the metrics of a page, and the cursor of the next: the name of this one's last."""
    names = [one.name for one in metrics]
    if params.cursor is not None and params.cursor not in names:
        fault = "is no cursor of this list, or the metric is gone: begin without it"
        raise InvalidInput([Fault("cursor", fault, "query")])
    begin = 0 if params.cursor is None else names.index(params.cursor) + 1
    end = begin + params.limit
    return metrics[begin:end], names[end - 1] if end < len(names) else None
