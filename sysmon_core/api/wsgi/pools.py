"""Thread pools: one for each class of work, with a bounded queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sysmon_core.api.framework.errors import of_error
from sysmon_core.api.framework.work import IMMEDIATE, Work
from sysmon_core.api.wsgi.deferred import Body, Call, Deferred
from sysmon_core.errors import TooManyRequests

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

QUEUE_SECONDS = 5.0  # that a request may wait for a thread; after that it is refused


class Pool:
    """The pool of one class of work; its threads start as they are needed."""

    def __init__(self, work: Work) -> None:
        self.threads = ThreadPoolExecutor(work.threads, f"sysmon-{work.name}")
        self._limit = work.threads + work.queue
        self._lock = threading.Lock()
        self._inside = 0

    def defer(self, environ: WSGIEnvironment, start: StartResponse, call: Call) -> Body:
        """Have a thread make the response; 503 if too many wait, or this one for too long."""
        if not self._enter():
            return _busy(environ, start)
        since = time.monotonic()

        def make() -> Body:
            try:
                late = time.monotonic() - since > QUEUE_SECONDS
                return _busy(environ, start) if late else call()
            finally:
                self._leave()

        return Deferred(self.threads, make)

    def _enter(self) -> bool:
        """Take a place in the pool or its queue; false if all are taken."""
        with self._lock:
            if self._inside >= self._limit:
                return False
            self._inside += 1
            return True

    def _leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._inside -= 1


def _busy(environ: WSGIEnvironment, start: StartResponse) -> Body:
    error = TooManyRequests("Too many ask for this at once: try again")
    body: Body = of_error(environ, error)(environ, start)
    return body


def pools(works: Iterable[Work]) -> Mapping[Work, Pool]:
    """Return a pool for each class of work; classes that are equal share one."""
    return {work: Pool(work) for work in set(works) - {IMMEDIATE}}
