"""Dispatch: hands each request to the threads of its class of work, before Pyramid sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.response import Response

from sysmon_core.api.framework.errors import DETAILS
from sysmon_core.api.framework.problems import problem
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.framework.work import IMMEDIATE
from sysmon_core.api.wsgi.deferred import Body
from sysmon_core.api.wsgi.pools import pools

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Dispatch:
    """Middleware that defers requests which may block to the pool of their class of work.

    Args:
        app: the application that does the work.
        routes: the declared endpoints, with their classes of work.
    """

    def __init__(self, app: WSGIApplication, routes: RouteTable) -> None:
        self.app = app
        self._routes = routes
        self._pools = pools(
            endpoint.work for one in routes.resources for endpoint in one.endpoints.values()
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer requests that never block, and defer all others."""
        path = environ["PATH_INFO"]
        resource = self._routes.resource(path)
        if resource is None and not self._routes.is_redirected(path):
            # Pyramid would take longer to find that out than it takes to answer most requests.
            return _answer(problem(environ, 404, DETAILS[404]), environ, start_response)
        endpoint = resource.endpoint(environ["REQUEST_METHOD"]) if resource else None
        if endpoint is None or endpoint.work is IMMEDIATE:
            return self.app(environ, start_response)
        pool = self._pools[endpoint.work]
        return pool.defer(environ, start_response, lambda: self.app(environ, start_response))


def _answer(response: Response, environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = response(environ, start)
    return body
