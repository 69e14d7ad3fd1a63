"""The real server in a thread of the test's process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

from sysmon_core.server.gateway import Gateway
from sysmon_core.server.granian_adapter import serve_until
from sysmon_core.server.listeners import listeners
from sysmon_core.server.options import Options

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds: longer than the server takes to end


@contextlib.contextmanager
def served(app: Any, body_limit: int = 1 << 16, **options: Any) -> Iterator[int]:
    """Serve the application; gives the port."""
    given = Options(**options)
    sockets = listeners(f"{HOST}:0", given)
    port: int = sockets[0].socket.getsockname()[1]
    started: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def serve() -> None:
        ended = asyncio.Event()
        started.put((asyncio.get_running_loop(), ended))
        gateway = Gateway(app, body_limit, given.body_timeout)
        await serve_until(ended, gateway, sockets, given)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, ended = started.get(timeout=PATIENCE)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()
