"""A client of the API, by a connection per request."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from socket import socket
from typing import Any

from sysmon_core.testing import until

HOST = "127.0.0.1"
FINAL = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
PROMPT_SECONDS = 2.0  # what takes longer has waited for a timeout
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """A whole response, and the seconds that it took."""

    status: int
    headers: Message
    body: bytes
    seconds: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def at_once(self, status: int) -> bool:
        """Whether it has this status, and came without waiting for a timeout."""
        return self.status == status and self.seconds < PROMPT_SECONDS


def is_problem(answer: Answer, status: int) -> None:
    """Assert that an answer is a problem of RFC 9457 with all its members."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    fields = answer.json
    assert set(fields) == {"type", "title", "status", "detail", "instance"}
    assert fields["status"] == status
    assert fields["title"] == http.client.responses[status]
    assert fields["detail"]
    assert fields["instance"] == answer.headers["X-Request-Id"]


def basic(user: str) -> str:
    """The value of Authorization for ``name:password``."""
    return f"Basic {b64encode(user.encode()).decode()}"


def authorization(user: str) -> dict[str, str]:
    """The header for ``name:password``."""
    return {"Authorization": basic(user)}


def answer_of(response: http.client.HTTPResponse) -> Answer:
    """The answer of a response that has begun."""
    return Answer(response.status, response.headers, response.read())


def answer_on(connection: socket, method: str = "GET") -> Answer:
    """The next answer on a connection whose request was sent by hand."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return answer_of(response)


def asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to one request; the connection is closed."""
    begin = time.monotonic()
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers or {}))
        answer = answer_of(connection.getresponse())
    return Answer(answer.status, answer.headers, answer.body, time.monotonic() - begin)


@dataclass(frozen=True)
class Client:
    """Asks the server on a port that may change.

    Args:
        user: ``name:password``, sent with each request that names no other.
        address: the client's address as a trusted proxy forwards it.
    """

    port: Callable[[], int]
    user: str = ""
    address: str = ""

    def __call__(
        self, method: str, path: str, user: str = "", fields: Mapping[str, Any] | None = None
    ) -> Answer:
        """The answer to one request; the fields are sent as JSON."""
        headers = {"Content-Type": "application/json"} if fields else {}
        if user or self.user:
            headers["Authorization"] = basic(user or self.user)
        if self.address:
            headers["X-Forwarded-For"] = self.address
        connection = http.client.HTTPConnection(HOST, self.port(), timeout=TIMEOUT_SECONDS)
        body = json.dumps(fields).encode() if fields else None
        return asked(connection, method, path, body, headers)

    def get(self, path: str, user: str = "") -> Answer:
        return self("GET", path, user)

    def delete(self, path: str) -> Answer:
        return self("DELETE", path)

    def answers(self) -> bool:
        """Whether the server answers."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/").status == 200
        return False

    def ask_for(self, metric: str, **params: int) -> Answer:
        """Ask for a task, in version 3 if there is a user, else in version 2."""
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return self("POST", f"/{'v3' if self.user else 'v2'}/{metric}/?{query}")

    def submit(self, metric: str = "iostat", **params: int) -> str:
        """The path of a new task."""
        made = self.ask_for(metric, **params)
        assert made.status == 201, made
        return str(made.headers["Location"])

    def task(self, path: str) -> dict[str, Any]:
        """A task as the API shows it."""
        answer = self.get(path)
        assert answer.status == 200, answer
        fields: dict[str, Any] = answer.json
        return fields

    def state(self, path: str) -> str:
        return str(self.task(path)["state"])

    def has_ended(self, path: str) -> bool:
        return self.state(path) in FINAL

    def finished(self) -> str:
        """The path of a new task that has succeeded."""
        path = self.submit()
        until(lambda: self.has_ended(path))
        assert self.state(path) == "SUCCESS", self.get(path)
        return path
