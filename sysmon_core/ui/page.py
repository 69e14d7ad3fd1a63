"""The declaration of a page, and what its view is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyramid.request import Request

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource, View
from sysmon_core.api.framework.pages import HOME_ROUTE, HTML
from sysmon_core.api.framework.permissions import USER, may_ask
from sysmon_core.api.framework.problems import PAGES_PREFIX
from sysmon_core.api.framework.work import PAGES, Work
from sysmon_core.api.v4.task_answers import TaskAnswers
from sysmon_core.api.versions import Version
from sysmon_core.errors import NotReady
from sysmon_core.metrics.metric import Metric
from sysmon_core.services.grants import Scope
from sysmon_core.ui.rendering import Renderer


@dataclass(frozen=True)
class Site:
    """What all views of pages share.

    Args:
        version: the version of the API that the scripts use; its permissions are the pages'.
    """

    deps: Dependencies
    version: Version
    renderer: Renderer

    @cached_property
    def task_answers(self) -> TaskAnswers:
        """What finds the tasks that a caller may see."""
        metrics = self.version.metrics(self.deps.registry)
        permissions = {one.name: self.permission(one) for one in metrics}
        return TaskAnswers(self.version, self.deps.tasks, permissions, self.deps.wait_limit)

    def metrics(self, request: Request) -> list[Metric]:
        """List the metrics that the caller may ask."""
        return [
            one
            for one in self.version.metrics(self.deps.registry)
            if may_ask(request, one.name, self.permission(one))
        ]

    def permission(self, metric: Metric) -> str:
        """Return the permission that a metric needs."""
        return self.version.permission(metric.access, private=True)

    def trouble(self) -> str:
        """Say which part of the service is away, and what to do; nothing if all are there."""
        try:
            self.deps.health.require()
        except NotReady as error:
            return str(error)
        return ""


def page(name: str, path: str, view: View, summary: str, **fields: Any) -> Resource:
    """Declare a page that is looked at; ``fields`` are those of an ``Endpoint``."""
    return resource(name, path, {"GET": endpoint(view, summary, **fields)})


def resource(
    name: str, path: str, endpoints: Mapping[str, Endpoint], parts: Mapping[str, str] | None = None
) -> Resource:
    """Declare the methods of one path below that of the pages."""
    return Resource(
        name=f"{HOME_ROUTE}.{name}" if name else HOME_ROUTE,
        path=PAGES_PREFIX + path,
        endpoints=endpoints,
        parts=parts or {},
        media_types=(HTML,),
    )


def endpoint(
    view: View,
    summary: str,
    *,
    permission: str = USER,
    scope: Scope = Scope.READ,
    work: Work = PAGES,
    **fields: Any,
) -> Endpoint:
    """Declare one method of a page; users may see it, unless ``permission`` says otherwise."""
    return Endpoint(
        view=view,
        permission=permission,
        scope=scope,
        checks_metric=True,  # which metrics a page shows its view finds out
        work=work,
        summary=summary,
        answers={200: Answer({"type": "string"})},
        **fields,
    )
