"""Gives an answer again while what it tells is fresh, before Pyramid has any work with it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pyramid.request import Request

from sysmon_core.api.framework.environ_keys import REPORT, ROUTE
from sysmon_core.api.wsgi.deferred import Body, Call, Deferred
from sysmon_core.services.report_cache import CachedReport

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MOST = 256  # answers that are kept; one that is not is made anew


def mark_cacheable(request: Request, report: CachedReport, *, private: bool) -> None:
    """Have the response cached for the lifetime of its report (RFC 9111, 4.2.3 and 5.2.2).

    The age is rounded up, lest another cache has it grow older than it may.
    """
    scope = "private, " if private else ""
    request.response.headers["Cache-Control"] = f"{scope}max-age={report.lifetime}"
    request.environ[REPORT] = report


_Head = tuple[str, list[tuple[str, str]]]
_Key = tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    report: CachedReport
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    route: str


class ResponseCache:
    """A cache of responses to GET that show a cached report; all others pass.

    Whether the caller may see an answer has been decided before.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self._answers: dict[_Key, _Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Give the answer that is kept, or make one."""
        key = _key(environ)
        answer = self._answers.get(key)
        if answer is not None and time.monotonic() < answer.report.expires:
            environ[ROUTE] = answer.route
            start_response(answer.status, _aged(answer.headers, answer.report))
            return [answer.body]
        begun: list[_Head] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun.append((status, headers))
            return start_response(status, _aged(headers, environ.get(REPORT)), exc_info)

        return self._made(key, environ, begun, lambda: self.app(environ, start))

    def _made(
        self, key: _Key, environ: WSGIEnvironment, begun: Sequence[_Head], call: Call
    ) -> Body:
        """Make the response, and cache it if it shows a cached report."""
        body = call()
        if isinstance(body, Deferred):
            return body.within(partial(self._made, key, environ, begun))
        if REPORT not in environ or environ["REQUEST_METHOD"] != "GET":
            return body
        if len(self._answers) >= MOST:
            self._answers.clear()
        whole = b"".join(body)
        self._answers[key] = _Answer(environ[REPORT], *begun[-1], whole, environ[ROUTE])
        return [whole]


def _key(environ: WSGIEnvironment) -> _Key:
    """All that an answer may hang on, but for who asks."""
    names = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT")
    return tuple(environ.get(name, "") for name in names)


def _aged(headers: list[tuple[str, str]], report: CachedReport | None) -> list[tuple[str, str]]:
    if report is None:
        return headers
    age = math.ceil(time.monotonic() - report.started)
    return [*headers, ("Age", str(age))]
