"""A client of the API."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any

HOST = "127.0.0.1"
FINAL = frozenset({"SUCCESS", "FAILURE", "REVOKED"})


@dataclass(frozen=True)
class Answer:
    """A whole response, and the seconds that it took."""

    status: int
    headers: Message
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def at_once(self, status: int) -> bool:
        """Whether it is this status, and no hang preceded it."""
        return self.status == status and self.seconds < 2


@dataclass(frozen=True)
class Client:
    """Asks a server, whose port may change, by a connection per request.

    Args:
        address: from where a proxy says that it asks.
        user: name and password, which version 3 wants.
    """

    port: Callable[[], int]
    address: str = ""
    user: tuple[str, str] = ("", "")

    def __call__(self, method: str, path: str) -> Answer:
        begin = time.monotonic()
        connection = http.client.HTTPConnection(HOST, self.port(), timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers=self._headers())
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, response.headers, body, time.monotonic() - begin)

    def _headers(self) -> dict[str, str]:
        credentials = b64encode(":".join(self.user).encode()).decode()
        given = {"X-Forwarded-For": self.address} if self.address else {}
        return given | ({"Authorization": f"Basic {credentials}"} if self.user[0] else {})

    def get(self, path: str) -> Answer:
        return self("GET", path)

    def delete(self, path: str) -> Answer:
        return self("DELETE", path)

    def ask_for(self, metric: str, **params: int) -> Answer:
        """Ask for a task."""
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return self("POST", f"/{'v3' if self.user[0] else 'v2'}/{metric}/?{query}")

    def submit(self, metric: str, **params: int) -> str:
        """The path of a new task."""
        made = self.ask_for(metric, **params)
        assert made.status == 201, (made.status, made.body)
        return str(made.headers["Location"])

    def task(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status == 200, (answer.status, answer.body)
        fields: dict[str, Any] = answer.json
        return fields

    def state(self, path: str) -> str:
        return str(self.task(path)["state"])

    def has_ended(self, path: str) -> bool:
        return self.state(path) in FINAL
