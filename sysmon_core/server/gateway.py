"""Calls the application for Granian: RSGI on one side, WSGI (PEP 3333) on the other.

One thread calls it for all requests, since Python runs one thread at a time anyway; what may wait
the application defers to threads of its own. Granian's interface for WSGI was tried first: its
threads wait for slow bodies, and many that take turns answer less than one. It also copies the
environment of the process, secrets included, into each environ.

In a path that is no UTF-8 Granian puts U+FFFD for what it cannot read, so that the application
cannot know it from a path that has this character: both are where nothing is.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.server.body import Unreadable, read_body

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
SEPARATORS = {"cookie": ";"}  # RFC 6265, 5.4; all others are lists (RFC 9110, 5.3)
VERSIONS = {"1": "HTTP/1.0", "1.1": "HTTP/1.1"}

Headers = list[tuple[str, str]]


@dataclass
class _Request:
    environ: dict[str, Any]
    protocol: Any  # Granian's: takes the response, from any thread
    status: int = 500
    headers: Headers = field(default_factory=list)

    def start(self, status: str, headers: Headers, _exc_info: Any = None) -> Any:
        """Be the ``start_response`` of the application."""
        self.status, self.headers = int(status[:3]), headers

    def send(self, body: Body) -> None:
        """Send the response whole."""
        content = b"".join(body)
        getattr(body, "close", lambda: None)()
        headers = [(name, _unicode(text)) for name, text in self.headers]
        self.protocol.response_bytes(self.status, headers, content)


class Gateway:
    """Takes each request from Granian.

    Args:
        app: the application; what it defers is made, and sent, by the threads that it names.
        body_limit: bytes that it takes in a body; larger ones are not read to their end.
        body_timeout: seconds for a body.
    """

    def __init__(self, app: WSGIApplication, body_limit: int, body_timeout: float) -> None:
        self._app = app
        self._body_limit = body_limit
        self._body_timeout = body_timeout
        self._lock = threading.Lock()
        self.calls = 0  # requests under way
        self._always = {
            "SCRIPT_NAME": "",
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
        }

    def take(self, loop: asyncio.AbstractEventLoop, watcher: Any) -> None:
        """Answer a request, or have it answered; its body, if it has one, is read by the loop."""
        request = _Request(self._always | _environ(watcher.scope), watcher.proto)
        self._count(1)
        environ = request.environ
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            asyncio.run_coroutine_threadsafe(self._take_with_body(request), loop)
        else:
            environ["wsgi.input"] = BytesIO()
            self._answer(request)

    async def _take_with_body(self, request: _Request) -> None:
        await self._read_body(request.environ, request.protocol)
        self._answer(request)

    def _answer(self, request: _Request) -> None:
        self._step(request, partial(self._app, request.environ, request.start))

    def _step(self, request: _Request, call: Callable[[], Body]) -> None:
        """Make the response, or a part of it: what it defers is another step, of another thread."""
        body: Body | None = None
        try:
            body = call()
            if not isinstance(body, Deferred):
                request.send(body)
        finally:
            if isinstance(body, Deferred):
                body.pool.submit(self._step, request, body.call)
            else:
                self._count(-1)

    def _count(self, step: int) -> None:
        with self._lock:
            self.calls += step

    async def _read_body(self, environ: dict[str, Any], protocol: Any) -> None:
        """Put the body where the application reads it; one without a length gets one."""
        length = int(environ.get("CONTENT_LENGTH", 0))
        if length > self._body_limit:
            environ["wsgi.input"] = BytesIO()  # by its length alone it is refused
            return
        body = await read_body(protocol, self._body_limit, self._body_timeout)
        environ["wsgi.input"] = body
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            known = 1 if isinstance(body, Unreadable) else len(body.getbuffer())
            environ["CONTENT_LENGTH"] = str(known)


def _environ(scope: Any) -> dict[str, Any]:
    """What PEP 3333 has an environ tell of a request."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_PROTOCOL": VERSIONS.get(scope.http_version, "HTTP/1.1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
    }
    for name, value in scope.headers.items():
        if "_" in name:  # it would pass for the header with a hyphen in its place
            continue
        key = NAMES.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        before = environ.get(key)
        environ[key] = value if before is None else f"{before}{SEPARATORS.get(name, ',')}{value}"
    if authority := scope.authority:  # of an absolute target: it replaces Host (RFC 9112, 3.2.2)
        environ["HTTP_HOST"] = authority
    return environ


def _unicode(text: str) -> str:
    """A header's text as Granian takes it, which writes it as UTF-8."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _latin(text: str) -> str:
    """The text as PEP 3333 wants it: each of its bytes a character."""
    return text if text.isascii() else text.encode().decode("latin-1")
