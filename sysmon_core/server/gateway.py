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
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sysmon_core.api.deferred import Deferred
from sysmon_core.server.body import Unreadable, read_body

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
SEPARATORS = {"cookie": ";"}  # RFC 6265, 5.4; all others are lists (RFC 9110, 5.3)
VERSIONS = {"1": "HTTP/1.0", "1.1": "HTTP/1.1"}

Headers = list[tuple[str, str]]


class Gateway:
    """An application of RSGI that calls one of WSGI.

    Args:
        app: the application.
        body_limit: bytes that it takes in a body; larger ones are not read to their end.
        body_timeout: seconds for a body.
    """

    def __init__(self, app: WSGIApplication, body_limit: int, body_timeout: float) -> None:
        self._app = app
        self._body_limit = body_limit
        self._body_timeout = body_timeout
        self.calls = 0  # under way
        self._idle = asyncio.Event()
        self._always = {
            "SCRIPT_NAME": "",
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
        }

    async def __call__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        self.calls += 1
        try:
            await self._answer(scope, protocol)
        finally:
            self.calls -= 1
            if not self.calls:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until no call is under way."""
        while self.calls:
            self._idle.clear()
            await self._idle.wait()

    async def _answer(self, scope: Any, protocol: Any) -> None:
        environ = self._always | _environ(scope)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            await self._read_body(environ, protocol)
        else:
            environ["wsgi.input"] = BytesIO()
        head: list[tuple[int, Headers]] = []

        def start(status: str, headers: Headers, _exc_info: Any = None) -> Any:
            head[:] = [(int(status[:3]), headers)]

        body = self._app(environ, start)
        while isinstance(body, Deferred):
            body = await asyncio.wrap_future(body.pool.submit(body.call))
        content = b"".join(body)
        getattr(body, "close", lambda: None)()
        status, headers = head[-1]
        protocol.response_bytes(status, [(name, _unicode(text)) for name, text in headers], content)

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
