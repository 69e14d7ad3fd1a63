"""The outermost layer: an id for each request, paths that can be read, and the last resort."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

from sysmon_core.api.problems import REQUEST_ID, problem

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}")
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")

logger = logging.getLogger(__name__)


class FrontDoor:
    """Wraps the whole application.

    Args:
        app: what answers a request that may come in.
        trusted_proxies: addresses whose X-Forwarded-For and -Prefix are believed.
    """

    def __init__(self, app: WSGIApplication, trusted_proxies: Iterable[str]) -> None:
        self.app = app
        self._trusted = frozenset(trusted_proxies)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, whatever is in it."""
        environ[REQUEST_ID] = uuid.uuid4().hex
        start = _finished(environ, start_response)
        if not _readable(environ):
            detail = "The path and the query must be UTF-8 without control characters"
            return _answer(environ, start, 400, detail)
        if environ.get("REMOTE_ADDR") in self._trusted:
            _believe(environ)
        try:
            return self.app(environ, start)
        except Exception:  # the promise that no request sees a traceback
            logger.exception("request %s failed", environ[REQUEST_ID])
            detail = "Something went wrong inside; the log has more"
            return _answer(environ, _instead(start), 500, detail)


def _answer(
    environ: WSGIEnvironment, start: StartResponse, status: int, detail: str
) -> Iterable[bytes]:
    body: Iterable[bytes] = problem(environ, status, detail)(environ, start)
    return body


def _finished(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Tell the request's id, and keep Location a path: no Host header finds its way into it."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        whole = [(name, _path_of(name, value)) for name, value in headers]
        whole.append(("X-Request-Id", environ[REQUEST_ID]))
        return start_response(status, whole, exc_info)

    return start


def _instead(start: StartResponse) -> StartResponse:
    """Replace the headers of an answer that had begun, which PEP 3333 allows an error alone."""
    return lambda status, headers, _=None: start(status, headers, sys.exc_info())


def _path_of(name: str, value: str) -> str:
    if name.lower() != "location":
        return value
    parts = urlsplit(value)
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))


def _readable(environ: WSGIEnvironment) -> bool:
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = unquote_to_bytes(environ.get("QUERY_STRING", "").encode("latin-1"))
    try:
        text = raw.encode("latin-1").decode() + query.decode()
    except UnicodeError:
        return False
    return CONTROL.search(text) is None


def _believe(environ: WSGIEnvironment) -> None:
    """Take what a trusted proxy says: whom it speaks for, and below which prefix.

    The prefix may have been cut off the path or not. Of the addresses the last is the
    proxy's own word; those before it are the client's.
    """
    address = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    if ADDRESS.fullmatch(address):
        environ["REMOTE_ADDR"] = address
    prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        return
    environ["SCRIPT_NAME"] = prefix
    if environ["PATH_INFO"].startswith(prefix + "/"):
        environ["PATH_INFO"] = environ["PATH_INFO"][len(prefix) :]
