"""The outermost layer: who may be meant, an id for each request, and the last resort.

A request whose Host header is a name that nobody gave this service comes from a page that made a
browser believe so (DNS rebinding): it is refused.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

from sysmon_core.addresses import UNIX, canonical
from sysmon_core.api.framework.environ_keys import REQUEST_ID, STATUS
from sysmon_core.api.framework.problems import problem
from sysmon_core.api.wsgi.deferred import Body, Call, Deferred
from sysmon_core.logs import bound

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?")  # RFC 9110, 7.2
CLIENTS_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
LOCAL = "localhost"
SECURITY = {  # where the answer does not say otherwise
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Saw = Callable[["WSGIEnvironment", str, float], None]

logger = logging.getLogger(__name__)


class FrontDoor:
    """Wraps the whole application.

    Args:
        app: what answers a request that may come in.
        trusted_proxies: addresses, or ``unix``, whose X-Forwarded-For and -Prefix are believed.
        hosts: names of this service, beside localhost and all addresses.
        saw: is told of each request once it is answered: its status, and the seconds it took.
    """

    def __init__(
        self,
        app: WSGIApplication,
        trusted_proxies: Iterable[str],
        hosts: Iterable[str] = (),
        saw: Saw | None = None,
    ) -> None:
        self.app = app
        self._saw = saw
        self._trusted = frozenset(
            "" if proxy == UNIX else canonical(proxy) for proxy in trusted_proxies
        )
        self._hosts = frozenset(host.lower() for host in (LOCAL, *hosts))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer one request, whatever is in it."""
        request = _Request(environ, _finished(environ, start_response), time.perf_counter())
        environ[REQUEST_ID] = _request_id(environ)
        environ.setdefault("PATH_INFO", "")  # a server may leave out what is empty (PEP 3333)
        return self._attempt(request, lambda: self._admit(environ, request.start))

    def _attempt(self, request: _Request, call: Call) -> Body:
        """Make the response, or a part of it, and tell of it once it is made."""
        environ = request.environ
        with bound(request_id=environ[REQUEST_ID]):
            try:
                body = call()
            except Exception:  # the promise that no request sees a traceback
                logger.exception("the request failed")
                detail = "Something went wrong inside; the log has more"
                body = _answer(environ, _instead(request.start), 500, detail)
            if isinstance(body, Deferred):
                return body.within(partial(self._attempt, request))
            if self._saw:
                self._saw(environ, environ.get(STATUS, "500"), time.perf_counter() - request.began)
        return body

    def _admit(self, environ: WSGIEnvironment, start: StartResponse) -> Body:
        if not _readable(environ):
            detail = "The path and the query must be UTF-8 without control characters"
            return _answer(environ, start, 400, detail)
        if "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            return _answer(environ, start, 400, "The Host header is missing (RFC 9112, 3.2)")
        if not self._is_meant(environ.get("HTTP_HOST")):
            detail = "The Host header is no name of this service: see the setting hosts"
            return _answer(environ, start, 421, detail)
        environ["REMOTE_ADDR"] = _canonical(environ.get("REMOTE_ADDR", ""))
        if environ["REMOTE_ADDR"] in self._trusted:
            _believe(environ)
        return self.app(environ, start)

    def _is_meant(self, authority: str | None) -> bool:
        """Whether a Host header is this service's; a browser always sends one."""
        if authority is None:
            return True
        match = AUTHORITY.fullmatch(authority)
        host = match[1].lower().removesuffix(".") if match else ""
        return host in self._hosts or _is_address(host)


@dataclass(frozen=True)
class _Request:
    environ: WSGIEnvironment
    start: StartResponse
    began: float


@lru_cache(maxsize=256)
def _is_address(host: str) -> bool:
    """Whether it is one of version 4, or one of version 6, which alone stands in brackets."""
    kind = ipaddress.IPv6Address if host.startswith("[") else ipaddress.IPv4Address
    try:
        return bool(kind(host.strip("[]")))
    except ValueError:
        return False


def _request_id(environ: WSGIEnvironment) -> str:
    """The client's own, so that its log and ours can be read together, if it is fit for a log."""
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    if CLIENTS_ID.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"


def _answer(environ: WSGIEnvironment, start: StartResponse, status: int, detail: str) -> Body:
    body: Body = problem(environ, status, detail)(environ, start)
    return body


def _finished(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Tell the request's id and what a browser must not do, and keep Location a path."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        said = {name.lower() for name, _ in headers}
        whole = [(name, _path_of(name, value)) for name, value in headers]
        whole += [(name, value) for name, value in SECURITY.items() if name.lower() not in said]
        whole.append(("X-Request-Id", environ[REQUEST_ID]))
        environ[STATUS] = status[:3]
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
    raw = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    try:
        text = raw.encode("latin-1").decode() + unquote_to_bytes(query.encode("latin-1")).decode()
    except UnicodeError:
        return False
    return CONTROL.search(text) is None


def _canonical(address: str) -> str:
    return canonical(address) or address


def _believe(environ: WSGIEnvironment) -> None:
    """Take what a trusted proxy says: whom it speaks for, and below which prefix.

    The prefix may have been cut off the path or not. Of the addresses the last is the
    proxy's own word; those before it are the client's.
    """
    address = canonical(environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip())
    if address is not None:
        environ["REMOTE_ADDR"] = address
    prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        return
    environ["SCRIPT_NAME"] = prefix
    if environ["PATH_INFO"].startswith(prefix + "/"):
        environ["PATH_INFO"] = environ["PATH_INFO"][len(prefix) :]
