"""A connection of waitress: its own errors are problems, and what is at hand needs no thread.

To hand a request to another thread and its answer back takes longer than most answers: those that
the application can give without waiting are given by the thread that reads the connections.
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from sysmon_core.api.environ import AT_ONCE, NotAtHand
from sysmon_core.api.front_door import SECURITY
from sysmon_core.api.problems import MEDIA_TYPE, problem_fields


class Problem(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """Answers what waitress refuses before the application sees it."""

    def execute(self) -> None:
        """Write the problem and close the connection: what follows in it cannot be trusted."""
        error = self.request.error
        request_id = uuid.uuid4().hex
        body = json.dumps(problem_fields(error.code, str(error.body), request_id)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("X-Request-Id", request_id)]
        self.response_headers += SECURITY.items()
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Parser(HTTPRequestParser):  # type: ignore[misc]  # likewise
    """Reads a request; one that Python's own functions cannot take apart is refused, too."""

    def parse_header(self, header_plus: bytes) -> None:
        """Raise ParsingError, which waitress answers; at a ValueError it hangs up."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("A header or the path is malformed") from None


class Task(WSGITask):  # type: ignore[misc]  # likewise
    """A request for the application, which is told whether it may wait."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environ."""
        environ: dict[str, Any] = super().get_environment()
        environ[AT_ONCE] = threading.get_ident() == self.channel.reader
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]  # likewise
    """A connection.

    ``reading`` is set while the thread that reads all connections, ``reader``, reads this one, and
    ``waits`` once there is a request to answer.
    """

    error_task_class = Problem
    parser_class = Parser
    task_class = Task
    reading = waits = False

    @property
    def reader(self) -> int | None:
        """The thread that reads, where it may answer too."""
        reader: int | None = getattr(self.server.task_dispatcher, "reader", None)
        return reader

    def handle_read(self) -> None:
        """Read, then answer what is at hand; the rest is for the other threads."""
        self.reading = True
        super().handle_read()
        self.reading = False
        if self.waits:
            self.waits = False
            self._answer()

    def _answer(self) -> None:
        """One answer alone: with more, this thread could come to wait for a client that reads."""
        try:
            self.service()
        except NotAtHand:  # and nothing has been done about it
            self.server.add_task(self)


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # likewise
    """Hands requests to threads, but for those that the reading thread may answer itself."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.reader = threading.get_ident()  # whoever makes it goes on to read
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Take a channel that has a request."""
        if task.reading and threading.get_ident() == self.reader:
            task.waits = True
        else:
            super().add_task(task)
