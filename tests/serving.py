"""The real server in a thread of the test's process, with connections as in production."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

from waitress.server import create_server

from sysmon_core.channel import Channel, Dispatcher

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds: far more than an end takes
READER = "reader"  # the name of the thread that reads the connections


@contextlib.contextmanager
def served(app: Any, threads: int = 4) -> Iterator[int]:
    """The port at which the application answers."""
    made: SimpleQueue[Any] = SimpleQueue()

    def serve() -> None:
        dispatcher = Dispatcher(threads)
        # poll(): a process that has run many tests has more files open than select() can take.
        server = create_server(
            app, _dispatcher=dispatcher, listen=f"{HOST}:0", asyncore_use_poll=True
        )
        server.channel_class = Channel
        made.put(server)
        server.run()

    thread = threading.Thread(target=serve, name=READER)
    thread.start()
    server = made.get(timeout=PATIENCE)
    try:
        yield int(server.effective_port)
    finally:
        server.task_dispatcher.shutdown()
        for one in list(server._map.values()):  # noqa: SLF001 - it goes on as long as there is any
            one.handle_close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
