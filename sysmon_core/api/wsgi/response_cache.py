"""Response cache: repeats a response for the lifetime of the report that it shows."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from pyramid.request import Request

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import REPORT, ROUTE
from sysmon_core.api.framework.permissions import account_of, permits
from sysmon_core.api.wsgi.deferred import Body
from sysmon_core.services.report_cache import CachedReport

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_RESPONSES = 256  # clients choose the queries, and so the keys: the least used goes first

Clock = Callable[[], float]


def mark_cacheable(request: Request, report: CachedReport, *, private: bool) -> None:
    """Have the response cached for the lifetime of its report (RFC 9111, 4.2.3 and 5.2.2).

    ``private``: whether shared caches must not have it.
    """
    scope = "private, " if private else ""
    request.response.headers["Cache-Control"] = f"{scope}max-age={report.lifetime}"
    request.environ[REPORT] = report


_Headers = list[tuple[str, str]]
_Key = tuple[str, ...]


@dataclass(frozen=True)
class _Response:
    report: CachedReport
    status: str
    headers: _Headers
    body: bytes
    route: str


@dataclass(frozen=True)
class _Layer:
    """A middleware with the one method of the cache that it calls."""

    app: WSGIApplication
    answer: Callable[[WSGIApplication, WSGIEnvironment, StartResponse], Body]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        return self.answer(self.app, environ, start_response)


class ResponseCache:
    """A cache with two WSGI layers, before the queue of requests and behind it.

    Only GET is cached, and only where the endpoint is declared so. A caller who lacks the
    endpoint's permission gets nothing from the cache.

    Args:
        resources: what is declared; only paths without parts that vary are cached.
        clock: the time by which reports have started, in seconds.
    """

    def __init__(self, resources: Iterable[Resource], clock: Clock = time.monotonic) -> None:
        self._permissions = {
            one.path: endpoint.permission
            for one in resources
            if (endpoint := one.endpoint("GET")) and endpoint.cached
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._responses: LRUCache[_Key, _Response] = LRUCache(MAX_RESPONSES)

    def lookup(self, app: WSGIApplication) -> WSGIApplication:
        """Wrap the queue: return the cached response, or call the application."""
        return _Layer(app, self._lookup)

    def lookup_or_fill(self, app: WSGIApplication) -> WSGIApplication:
        """Wrap what follows the queue: look again, since others may have filled it; else fill."""
        return _Layer(app, self._lookup_or_fill)

    def _lookup(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Body:
        cached = self._find(self._key(environ))
        if cached is None:
            return app(environ, start_response)
        return self._repeat(cached, environ, start_response)

    def _lookup_or_fill(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Body:
        if environ["PATH_INFO"] not in self._permissions:
            return app(environ, start_response)
        key = self._key(environ)
        cached = self._find(key)
        if cached is not None:
            return self._repeat(cached, environ, start_response)
        begun: list[tuple[str, _Headers]] = []

        def start(status: str, headers: _Headers, exc_info: Any = None) -> Any:
            begun.append((status, headers))
            return start_response(status, self._aged(headers, environ.get(REPORT)), exc_info)

        body = app(environ, start)
        if key is None or REPORT not in environ:
            return body
        whole = b"".join(body)
        self._store(key, _Response(environ[REPORT], *begun[-1], whole, environ[ROUTE]))
        return [whole]

    def _key(self, environ: WSGIEnvironment) -> _Key | None:
        """Return all that a response depends on; None if it must not come from the cache."""
        path = environ["PATH_INFO"]
        permission = self._permissions.get(path)
        if permission is None or environ["REQUEST_METHOD"] != "GET":
            return None
        if not permits(account_of(environ), permission):
            return None
        get = environ.get
        query, accept = get("QUERY_STRING", ""), get("HTTP_ACCEPT", "")
        return permission, get("SCRIPT_NAME", ""), path, query, accept

    def _find(self, key: _Key | None) -> _Response | None:
        if key is None:
            return None
        with self._lock:
            cached = self._responses.get(key)
        return cached if cached and self._clock() < cached.report.expires else None

    def _store(self, key: _Key, response: _Response) -> None:
        with self._lock:
            self._responses[key] = response

    def _repeat(
        self, cached: _Response, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Body:
        environ[ROUTE] = cached.route
        start_response(cached.status, self._aged(cached.headers, cached.report))
        return [cached.body]

    def _aged(self, headers: _Headers, report: CachedReport | None) -> _Headers:
        """Add Age, rounded up, so that no other cache keeps the response for too long."""
        if report is None:
            return headers
        return [*headers, ("Age", str(math.ceil(self._clock() - report.started)))]
