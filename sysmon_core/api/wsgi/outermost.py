"""Outermost middleware: checks the Host header, gives each request an id, answers 500.

A request whose Host header is not a name of this service is refused: by DNS rebinding, a page has
made a browser believe that its own name is this service's address.
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
from sysmon_core.api.framework.environ_keys import PROXIED, REQUEST_ID, SHOW_PROBLEM, STATUS
from sysmon_core.api.framework.problems import problem
from sysmon_core.api.wsgi.deferred import Body, Call, Deferred
from sysmon_core.logs import bound

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?")  # RFC 9110, 7.2
CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
LOCAL = "localhost"
SECURITY = {  # headers of every response that does not set them itself
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

OnResponse = Callable[["WSGIEnvironment", str, float], None]

logger = logging.getLogger(__name__)


class Outermost:
    """Middleware around the whole application.

    Args:
        app: the application that answers requests which are not refused here.
        trusted_proxies: addresses, or ``unix``, whose X-Forwarded- headers are believed.
        hosts: names of this service, beside localhost and all addresses.
        on_response: called once a request is answered, with its environ, status and seconds.
    """

    def __init__(
        self,
        app: WSGIApplication,
        trusted_proxies: Iterable[str],
        hosts: Iterable[str] = (),
        on_response: OnResponse | None = None,
    ) -> None:
        self.app = app
        self._on_response = on_response
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
        """Call a part of the application; report the response once it is made."""
        environ = request.environ
        with bound(request_id=environ[REQUEST_ID]):
            try:
                body = call()
            except Exception:  # no client may see a traceback
                logger.exception("the request failed")
                detail = "Something went wrong inside; the log has more"
                environ.pop(SHOW_PROBLEM, None)  # it may be what has failed
                body = _answer(environ, _instead(request.start), 500, detail)
            if isinstance(body, Deferred):
                return body.within(partial(self._attempt, request))
            if self._on_response:
                self._on_response(
                    environ, environ.get(STATUS, "500"), time.perf_counter() - request.began
                )
        return body

    def _admit(self, environ: WSGIEnvironment, start: StartResponse) -> Body:
        environ["REMOTE_ADDR"] = _canonical(environ.get("REMOTE_ADDR", ""))
        environ[PROXIED] = environ["REMOTE_ADDR"] in self._trusted
        if environ[PROXIED]:
            _apply_forwarded(environ)
        if not _readable(environ):
            detail = "The path and the query must be UTF-8 without control characters"
            return _answer(environ, start, 400, detail)
        if "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            return _answer(environ, start, 400, "The Host header is missing (RFC 9112, 3.2)")
        if not self._is_own(environ.get("HTTP_HOST")):
            detail = "The Host header is no name of this service: see the setting hosts"
            return _answer(environ, start, 421, detail)
        return self.app(environ, start)

    def _is_own(self, authority: str | None) -> bool:
        """Whether a Host header names this service; every browser sends one."""
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
    """Whether the host is an IPv4 address, or an IPv6 address in brackets."""
    kind = ipaddress.IPv6Address if host.startswith("[") else ipaddress.IPv4Address
    try:
        return bool(kind(host.strip("[]")))
    except ValueError:
        return False


def _request_id(environ: WSGIEnvironment) -> str:
    """Return the client's own id for the request, if it is fit for a log; else a new one."""
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    if CLIENT_ID.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"


def _answer(environ: WSGIEnvironment, start: StartResponse, status: int, detail: str) -> Body:
    body: Body = problem(environ, status, detail)(environ, start)
    return body


def _finished(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Add the request's id and the security headers, and make Location a path."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        given = {name.lower() for name, _ in headers}
        whole = [(name, _path_of(name, value)) for name, value in headers]
        whole += [(name, value) for name, value in SECURITY.items() if name.lower() not in given]
        whole.append(("X-Request-Id", environ[REQUEST_ID]))
        environ[STATUS] = status[:3]
        return start_response(status, whole, exc_info)

    return start


def _instead(start: StartResponse) -> StartResponse:
    """Replace a response that has begun, which PEP 3333 allows for errors alone."""
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


def _apply_forwarded(environ: WSGIEnvironment) -> None:
    """Take the client's address, scheme and URL prefix from the headers of a trusted proxy.

    The proxy may have cut the prefix off the path or not. Only the last address in
    X-Forwarded-For and the last scheme are the proxy's own; those before came from the client.
    """
    address = canonical(environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip())
    if address is not None:
        environ["REMOTE_ADDR"] = address
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    if scheme in {"http", "https"}:
        environ["wsgi.url_scheme"] = scheme
    prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        return
    environ["SCRIPT_NAME"] = prefix
    if environ["PATH_INFO"].startswith(prefix + "/"):
        environ["PATH_INFO"] = environ["PATH_INFO"][len(prefix) :]
