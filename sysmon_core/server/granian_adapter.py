"""Adapter to Granian: serves in one process. Only this module names Granian.

Granian's threads serve connections; its one Python thread and the event loop call the gateway.

Granian's own server is not used: it listens at one address, configures logging itself, and runs one
more process, which would load the application again. This module starts Granian's worker by private
names of Granian; setup.py pins the versions that have them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder, WorkerSignal
from granian.http import HTTP1Settings

from sysmon_core.server.gateway import Gateway
from sysmon_core.server.listeners import BACKLOG, Listener
from sysmon_core.server.options import Options

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

POLL_SECONDS = 0.01  # between two looks, at shutdown, whether requests are still open
OWN_DESCRIPTORS = 512  # for programs, databases and logs, beside the connections

logger = logging.getLogger(__name__)


def serve_here(
    app: WSGIApplication, body_limit: int, listeners: Sequence[Listener], options: Options
) -> None:
    """Serve in this process until TERM, INT or HUP, then finish the open requests."""
    _raise_descriptor_limit(options)
    gateway = Gateway(app, body_limit, options.body_timeout)

    async def serve() -> None:
        ended = asyncio.Event()
        _handle_signals(ended)
        await serve_until(ended, gateway, listeners, options)

    asyncio.run(serve())
    if gateway.open_requests:
        logger.warning("Requests were cut off that did not end in time: %d", gateway.open_requests)


def _handle_signals(ended: asyncio.Event) -> None:
    """Set the event at a signal, even while requests fill the event loop's pipe.

    The loop learns of a signal by a byte in a pipe that requests write to as well. If the pipe is
    full that byte is lost, but the handler that Python calls still runs.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores HUP
            loop.add_signal_handler(number, ended.set)
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(ended.set))
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)


async def serve_until(
    ended: asyncio.Event, gateway: Gateway, listeners: Sequence[Listener], options: Options
) -> None:
    """Serve at these addresses until the event is set, then finish the open requests.

    Those of clients that have disconnected are open too. ``shutdown_timeout`` is for all together.
    """
    loop = asyncio.get_running_loop()
    scheduler = _Scheduler(loop, gateway)
    workers = [_Worker(one, options, scheduler, loop) for one in listeners]
    await ended.wait()
    for worker in workers:
        worker.signal.set()
    gateway.stop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(options.shutdown_timeout):
            await asyncio.gather(*(worker.stopped.wait() for worker in workers))
            while gateway.open_requests:
                gateway.stop()  # again: one may have begun to wait just now
                await asyncio.sleep(POLL_SECONDS)


class _Scheduler(CallbackScheduler):  # type: ignore[misc]  # Granian's types are of another version
    """Passes requests to the gateway in Granian's thread, without an asyncio task for each."""

    def __new__(cls, loop: asyncio.AbstractEventLoop, _gateway: Gateway) -> Self:
        """Leave out the arguments that only asyncio tasks need."""
        made: Self = super().__new__(cls, loop, None, None, None, None)
        return made

    def __init__(self, loop: asyncio.AbstractEventLoop, gateway: Gateway) -> None:
        super().__init__()
        self._schedule_fn = partial(gateway.handle, loop)


class _Worker:
    """Granian's threads for one address; they accept connections until ``signal`` is set."""

    def __init__(
        self, listener: Listener, options: Options, scheduler: Any, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.signal = WorkerSignal()
        self.stopped = asyncio.Event()
        self.signal.add_cb(lambda: loop.call_soon_threadsafe(self.stopped.set))
        words = (listener.socket.detach(), listener.is_unix)
        backlog = (BACKLOG,) if sys.platform == "linux" else ()
        worker = RSGIWorker(
            worker_id=1,
            sock=(None, SocketHolder(*words, *backlog)),
            ipc=None,
            backpressure=options.connection_limit,
            http_mode="1",
            http1_opts=HTTP1Settings(
                header_read_timeout=int(options.header_timeout * 1000),
                max_buffer_size=options.max_header_size,
            ),
            websockets_enabled=False,
        )
        serve = worker.serve_async_uds if listener.is_unix else worker.serve_async
        serve(scheduler, loop, self.signal)


def _raise_descriptor_limit(options: Options) -> None:
    """Raise the soft limit so that there is a descriptor for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.connection_limit + OWN_DESCRIPTORS
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS reports "unlimited", and refuses it
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
