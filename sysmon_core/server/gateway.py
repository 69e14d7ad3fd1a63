"""Calls the application for Granian: RSGI on one side, WSGI (PEP 3333) on the other.

One thread calls the application for all requests: Python runs one thread at a time, and a single
one answers more requests than several that take turns. Where a request may wait, the application
returns a ``Deferred``, which a thread of a pool completes.

Granian's own WSGI interface is not used: its threads wait for slow bodies, and it copies the
environment of the process, secrets included, into each environ.

Granian replaces bytes of a path that are not UTF-8 by U+FFFD. No route has that character, so such
paths are not found.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sysmon_core.api.framework.environ_keys import ON_DISCONNECT, ON_STOP
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.server.body import UnreadableBody, read_body

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
SEPARATORS = {"cookie": ";"}  # RFC 6265, 5.4; all others are lists (RFC 9110, 5.3)
VERSIONS = {"1": "HTTP/1.0", "1.1": "HTTP/1.1"}

Headers = list[tuple[str, str]]


@dataclass
class _Request:
    environ: dict[str, Any]
    protocol: Any  # Granian's, which sends the response; any thread may call it
    status: int = 500
    headers: Headers = field(default_factory=list)

    def start(self, status: str, headers: Headers, _exc_info: Any = None) -> Any:
        """Keep status and headers: this is ``start_response`` of PEP 3333."""
        self.status, self.headers = int(status[:3]), headers

    def send(self, body: Body) -> None:
        """Send the whole response."""
        content = b"".join(body)
        getattr(body, "close", lambda: None)()
        headers = [(name, _unicode(text)) for name, text in self.headers]
        self.protocol.response_bytes(self.status, headers, content)


class Gateway:
    """Calls the application with each request of Granian, and sends the response.

    Args:
        app: the application.
        body_limit: bytes of a body that the application accepts; no more than that is read.
        body_timeout: seconds for a body.
    """

    def __init__(self, app: WSGIApplication, body_limit: int, body_timeout: float) -> None:
        self._app = app
        self._body_limit = body_limit
        self._body_timeout = body_timeout
        self._lock = threading.Lock()
        self.open_requests = 0
        self._stop_calls: set[Callable[[], None]] = set()
        self._is_stopped = False
        self._constants = {
            "SCRIPT_NAME": "",
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
        }

    def handle(self, loop: asyncio.AbstractEventLoop, watcher: Any) -> None:
        """Answer a request, or have a pool or the event loop do it: the loop reads bodies."""
        request = _Request(self._constants | _environ(watcher.scope), watcher.proto)
        self._count(1)
        environ = request.environ
        environ[ON_STOP] = self._on_stop
        environ[ON_DISCONNECT] = partial(_on_disconnect, loop, watcher.proto)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            asyncio.run_coroutine_threadsafe(self._handle_with_body(request), loop)
        else:
            environ["wsgi.input"] = BytesIO()
            self._answer(request)

    def stop(self) -> None:
        """Have all requests answered that wait for something: the server is being stopped."""
        with self._lock:
            self._is_stopped = True
            calls = list(self._stop_calls)
        for call in calls:
            call()

    @contextlib.contextmanager
    def _on_stop(self, call: Callable[[], None]) -> Iterator[None]:
        """Call a function if the server is stopped within the context, or has been before."""
        with self._lock:
            self._stop_calls.add(call)
            is_late = self._is_stopped
        if is_late:
            call()
        try:
            yield
        finally:
            with self._lock:
                self._stop_calls.discard(call)

    async def _handle_with_body(self, request: _Request) -> None:
        await self._read_body(request.environ, request.protocol)
        self._answer(request)

    def _answer(self, request: _Request) -> None:
        self._step(request, partial(self._app, request.environ, request.start))

    def _step(self, request: _Request, call: Callable[[], Body]) -> None:
        """Call the application and send its body; a ``Deferred`` is another step, in its pool."""
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
            self.open_requests += step

    async def _read_body(self, environ: dict[str, Any], protocol: Any) -> None:
        """Set ``wsgi.input``, and ``CONTENT_LENGTH`` where the body came in chunks."""
        length = int(environ.get("CONTENT_LENGTH", 0))
        if length > self._body_limit:
            environ["wsgi.input"] = BytesIO()  # the application refuses it by its length
            return
        body = await read_body(protocol, self._body_limit, self._body_timeout)
        environ["wsgi.input"] = body
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            length = 1 if isinstance(body, UnreadableBody) else len(body.getbuffer())
            environ["CONTENT_LENGTH"] = str(length)


@contextlib.contextmanager
def _on_disconnect(
    loop: asyncio.AbstractEventLoop, protocol: Any, call: Callable[[], None]
) -> Iterator[None]:
    """Call a function in the event loop if the client disconnects within the context.

    Granian sees that at once, except where the client has sent a further request already.
    """

    async def wait() -> None:
        await protocol.client_disconnect()
        call()

    waiting = asyncio.run_coroutine_threadsafe(wait(), loop)
    try:
        yield
    finally:
        waiting.cancel()  # after a response Granian would never tell


def _environ(scope: Any) -> dict[str, Any]:
    """Return the variables of a request (PEP 3333)."""
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
        if "_" in name:  # the variable would be that of the header with a hyphen
            continue
        key = NAMES.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        before = environ.get(key)
        environ[key] = value if before is None else f"{before}{SEPARATORS.get(name, ',')}{value}"
    if authority := scope.authority:  # an absolute target, which replaces Host (RFC 9112, 3.2.2)
        environ["HTTP_HOST"] = authority
    return environ


def _unicode(text: str) -> str:
    """Return a header of PEP 3333, whose characters are bytes, as text.

    Granian encodes it as UTF-8.
    """
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _latin(text: str) -> str:
    """Return a text as PEP 3333 has it: each byte of its UTF-8 is a character."""
    return text if text.isascii() else text.encode().decode("latin-1")
