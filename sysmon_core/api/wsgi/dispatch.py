"""Has each request done by the threads of its class of work, before Pyramid looks at it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.errors import DETAILS, of_error
from sysmon_core.api.framework.problems import problem
from sysmon_core.api.framework.work import AT_ONCE, Work
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.api.wsgi.pools import QUEUE_SECONDS, Pool, pools
from sysmon_core.errors import TooManyRequests

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Dispatch:
    """Looks up the class of work of a path and method, as the services declare it.

    Args:
        app: what does the work.
        services: all that are served.
    """

    def __init__(self, app: WSGIApplication, resources: Iterable[Resource]) -> None:
        self.app = app
        listed = list(resources)
        self._works = {one.path: _works(one) for one in listed if "{" not in one.path}
        self._below = [
            (one.path.partition("{")[0], _works(one)) for one in listed if "{" in one.path
        ]
        self._prefixes = tuple(prefix for prefix, _ in self._below)
        self._pools = pools(work for one in listed for work in _works(one).values())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Do what never waits, and defer all else."""
        path = environ["PATH_INFO"]
        if self._is_nowhere(path):
            return _answer(problem(environ, 404, DETAILS[404]), environ, start_response)
        work = self._methods(path).get(environ["REQUEST_METHOD"], AT_ONCE)
        if work is AT_ONCE:
            return self.app(environ, start_response)
        pool = self._pools[work]
        if not pool.enter():
            return _busy(environ, start_response)
        since = time.monotonic()
        return Deferred(pool.threads, lambda: self._done(pool, since, environ, start_response))

    def _is_nowhere(self, path: str) -> bool:
        """Whether no service is at the path: Pyramid takes longer to find that than to answer."""
        known = path in self._works or f"{path}/" in self._works
        return not known and not path.startswith(self._prefixes)

    def _methods(self, path: str) -> dict[str, Work]:
        if path in self._works:
            return self._works[path]
        return next((works for prefix, works in self._below if path.startswith(prefix)), {})

    def _done(
        self, pool: Pool, since: float, environ: WSGIEnvironment, start: StartResponse
    ) -> Body:
        try:
            if time.monotonic() - since > QUEUE_SECONDS:
                return _busy(environ, start)
            return self.app(environ, start)
        finally:
            pool.leave()


def _works(resource: Resource) -> dict[str, Work]:
    works = {method: one.work for method, one in resource.endpoints.items()}
    return {"HEAD": works["GET"], **works} if "GET" in works else works


def _busy(environ: WSGIEnvironment, start: StartResponse) -> Body:
    error = TooManyRequests("Too many ask for this at once: try again")
    return _answer(of_error(environ, error), environ, start)


def _answer(response: Response, environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = response(environ, start)
    return body
