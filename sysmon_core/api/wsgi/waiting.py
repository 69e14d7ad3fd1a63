"""Waiting: middleware that keeps a response until a task has ended, without holding a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sysmon_core.api.framework.environ_keys import ON_DISCONNECT, ON_STOP, WAIT
from sysmon_core.api.framework.waits import Wait
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.services.waiting import WaitingRoom

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Start = list[tuple[Any, ...]]


class Waiting:
    """Defers the responses of views that would wait (``waits.wait_for``).

    Args:
        app: the application whose views these are.
        threads: those that make the responses, once a wait is over.
    """

    def __init__(self, app: WSGIApplication, room: WaitingRoom, threads: Executor) -> None:
        self.app = app
        self._room = room
        self._threads = threads

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer a request that does not wait, and defer one that does."""
        if "HTTP_PREFER" not in environ:
            return self.app(environ, start_response)
        begun: Start = []

        def start(*response: Any) -> Any:
            begun[:] = [response]

        body = self.app(environ, start)
        wait: Wait | None = environ.pop(WAIT, None)
        if wait is None:
            start_response(*begun[0])
            return body
        parked = Parked(self._room, self._threads, wait, environ)
        return Deferred(parked, lambda: wait.answer(parked.has_waited)(environ, start_response))


@dataclass
class Parked:
    """Stands for a pool of threads: it has a thread make the response once the wait is over."""

    room: WaitingRoom
    threads: Executor
    wait: Wait
    environ: WSGIEnvironment
    has_waited: bool = False
    leave: Callable[[], None] | None = None
    is_left: bool = False

    def submit(self, step: Callable[..., object], *arguments: object) -> None:
        """Have a thread call a function once the task has ended, or the time is over."""
        watched = contextlib.ExitStack()
        for key in (ON_DISCONNECT, ON_STOP):
            if key in self.environ:
                watched.enter_context(self.environ[key](self._leave_early))

        def hand_on() -> None:
            watched.close()
            self.threads.submit(step, *arguments)

        if not self._enter(hand_on):
            hand_on()

    def block(self) -> None:
        """Wait in this thread, under a server that knows no deferred responses."""
        over = threading.Event()
        if self._enter(over.set):
            over.wait()

    def _enter(self, call: Callable[[], None]) -> bool:
        """Take a place in the room, if there is one."""
        self.has_waited = True  # before the call, which another thread may make at once
        self.leave = self.room.enter(self.wait.task_id, self.wait.seconds, call)
        self.has_waited = self.leave is not None
        if self.is_left:  # while it entered
            self._leave_early()
        return self.has_waited

    def _leave_early(self) -> None:
        """End the wait: the client has disconnected, or the server is being stopped."""
        self.is_left = True
        if self.leave is not None:
            self.leave()
