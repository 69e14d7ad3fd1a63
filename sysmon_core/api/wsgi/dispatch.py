"""Dispatch: hands each request to the threads of its class of work, before Pyramid sees it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyramid.response import Response

from sysmon_core.api.framework.errors import DETAILS, of_error
from sysmon_core.api.framework.problems import problem
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.framework.work import AT_ONCE
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.api.wsgi.pools import QUEUE_SECONDS, Pool, pools
from sysmon_core.errors import TooManyRequests

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Dispatch:
    """Middleware that defers requests which may wait to the pool of their class of work.

    Args:
        app: what does the work.
        routes: what is declared, with its classes of work.
    """

    def __init__(self, app: WSGIApplication, routes: RouteTable) -> None:
        self.app = app
        self._routes = routes
        self._pools = pools(
            endpoint.work for one in routes.resources for endpoint in one.endpoints.values()
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer what never waits, and defer all else."""
        path = environ["PATH_INFO"]
        resource = self._routes.resource(path)
        if resource is None and not self._routes.is_redirected(path):
            # Pyramid would take longer to find that out than it takes to answer most requests.
            return _answer(problem(environ, 404, DETAILS[404]), environ, start_response)
        endpoint = resource.endpoint(environ["REQUEST_METHOD"]) if resource else None
        if endpoint is None or endpoint.work is AT_ONCE:
            return self.app(environ, start_response)
        pool = self._pools[endpoint.work]
        if not pool.enter():
            return _busy(environ, start_response)
        since = time.monotonic()
        return Deferred(pool.threads, lambda: self._run(pool, since, environ, start_response))

    def _run(
        self, pool: Pool, since: float, environ: WSGIEnvironment, start: StartResponse
    ) -> Body:
        try:
            if time.monotonic() - since > QUEUE_SECONDS:
                return _busy(environ, start)
            return self.app(environ, start)
        finally:
            pool.leave()


def _busy(environ: WSGIEnvironment, start: StartResponse) -> Body:
    error = TooManyRequests("Too many ask for this at once: try again")
    return _answer(of_error(environ, error), environ, start)


def _answer(response: Response, environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = response(environ, start)
    return body
