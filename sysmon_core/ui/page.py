"""The declaration of a page, and what its view is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource, View
from sysmon_core.api.framework.permissions import USER, may_ask
from sysmon_core.api.framework.problems import PAGES_PREFIX
from sysmon_core.api.framework.work import PAGES, Work
from sysmon_core.api.versions import Version
from sysmon_core.errors import NotReady
from sysmon_core.metrics.metric import Metric
from sysmon_core.services.grants import Scope
from sysmon_core.ui.rendering import HTML, Renderer


@dataclass(frozen=True)
class Site:
    """What all views of pages share.

    Args:
        version: the version of the API that the scripts use; its permissions are the pages'.
    """

    deps: Dependencies
    version: Version
    renderer: Renderer

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
    return pages(name, path, {"GET": endpoint(view, summary, **fields)})


def pages(
    name: str, path: str, endpoints: Mapping[str, Endpoint], parts: Mapping[str, str] | None = None
) -> Resource:
    """Declare the methods of one path below that of the pages."""
    return Resource(
        name=f"ui.{name}" if name else "ui",
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
