"""A web server that is measured, and what it is asked for."""

from __future__ import annotations

import contextlib
import http.client
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.common.processes import PATIENCE, Entry, Process, tree, until

HOST = "127.0.0.1"
UPTIME = r"\d\d:\d\d:\d\d up .*load average: "  # what the program prints


def basic(user: str) -> str:
    """Return the header by which a user logs in: name:password."""
    return f"Basic {b64encode(user.encode()).decode()}"


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Server:
    """A command that serves on a port."""

    port: int
    argv: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    _started: list[Process] = field(default_factory=list, init=False)

    @contextlib.contextmanager
    def running(self, path: str = "/v1/uptime/") -> Iterator[Server]:
        """Have it run, from its first good answer at this path on."""
        process = Process(self.argv, self.environ, self.log)
        self._started = [process]
        try:
            until(lambda: self._answers(path), f"an answer of {self.argv[0]}", 0.02, PATIENCE)
            yield self
        finally:
            process.stop()

    def _answers(self, path: str) -> bool:
        for process in self._started:
            process.check()
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get(path).status == http.HTTPStatus.OK
        return False

    def tree(self) -> list[Entry]:
        """Its processes, and all below them."""
        return [entry for process in self._started for entry in tree(process.pid)]

    def cpu(self) -> float:
        """Seconds of CPU so far: of all its processes, and of those they ran that ended."""
        return sum(entry.own + entry.reaped for entry in self.tree())

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: str | None = None,
    ) -> Answer:
        """Return the answer to one request, on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            said = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, said, response.read().decode("utf-8", "replace"))


@dataclass(frozen=True)
class Target:
    """What a load asks a server for, and what must be in each answer."""

    label: str
    server: Server
    path: str = "/v1/uptime/"
    user: str = ""  # name:password
    proof: str = UPTIME
    method: str = "GET"
    status: int = http.HTTPStatus.OK
    more: Mapping[str, str] = field(default_factory=dict)  # headers
    body: str = ""  # JSON

    @property
    def headers(self) -> dict[str, str]:
        """What is sent beside the path."""
        found = dict(self.more)
        if self.user:
            found["Authorization"] = f"Basic {b64encode(self.user.encode()).decode()}"
        if self.body:
            found["Content-Type"] = "application/json"
        return found

    def check(self) -> Answer:
        """Ask once.

        Raises:
            RuntimeError: the answer is not what is compared.
        """
        answer = self.server.get(self.path, self.headers, self.method, self.body or None)
        if answer.status != self.status or not re.search(self.proof, answer.body):
            raise RuntimeError(f"{self.label} does not answer what is compared: {answer}")
        return answer
