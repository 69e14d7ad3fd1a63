"""Gives Pyramid the route of a path from the table of routes.

Pyramid's own mapper tries the pattern of each route in turn: with 200 metrics a poll of a task,
whose route comes late, would take twice its time.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from pyramid.urldispatch import RoutesMapper

from sysmon_core.api.framework.route_table import RouteTable


def include(config: Configurator, table: RouteTable) -> None:
    """Have Pyramid use the table; each of its resources has a route of its name."""
    config.registry.registerUtility(RouteMapper(table), IRoutesMapper)


class RouteMapper(RoutesMapper):  # type: ignore[misc]  # Pyramid ships no types
    """Pyramid's routes, found by the table of routes."""

    def __init__(self, table: RouteTable) -> None:
        super().__init__()
        self._table = table

    def __call__(self, request: Request) -> dict[str, Any]:
        """Return the route of the request's path and the parts of the path that vary."""
        resource = self._table.resource(request.environ["PATH_INFO"])
        route = self.routes[resource.name] if resource else None
        return {"route": route, "match": route.match(request.path_info) if route else None}
