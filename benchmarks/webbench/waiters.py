"""Requests of version 4 that wait for the end of a task, as many as may wait."""

from __future__ import annotations

import contextlib
import http.client
import json
import selectors
import socket
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator

HOST = "127.0.0.1"
TIMEOUT = 30  # seconds
LOOK_SECONDS = 0.2  # between two looks whether the siege is over
APPLIED = b"preference-applied"
HELD, REFUSED = 200, 503  # as which an answer counts that came after a wait, and at once
NEW_TASK = json.dumps({"metric": "uptime"})


@contextlib.contextmanager
def hold(count: int, port: int, user: str) -> Iterator[Counter[int]]:
    """Have so many wait for a task that nobody runs, again once their time is over."""
    who = {"Authorization": f"Basic {b64encode(user.encode()).decode()}"}
    request = f"GET {_submitted(port, who)} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=30\r\n"
    request += f"Authorization: {who['Authorization']}\r\n\r\n"
    crowd = _Crowd(port, request.encode(), count + 1)
    try:
        crowd.standing.wait(TIMEOUT)
        yield crowd.answers
    finally:
        crowd.end()


def _submitted(port: int, who: dict[str, str]) -> str:
    headers = who | {"Content-Type": "application/json"}
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)) as connection:
        connection.request("POST", "/v4/tasks/", NEW_TASK, headers)
        return str(connection.getresponse().headers["Location"])


class _Crowd:
    """One more than there are places; once that one is refused all places are taken."""

    def __init__(self, port: int, request: bytes, count: int) -> None:
        self.answers: Counter[int] = Counter()
        self.standing = threading.Event()
        self._request = request
        self._ended = threading.Event()
        self._lines = selectors.DefaultSelector()
        for _ in range(count):
            line = socket.create_connection((HOST, port), TIMEOUT)
            line.sendall(request)
            self._lines.register(line, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def end(self) -> None:
        """Disconnect all."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._lines.select(LOOK_SECONDS):
                self._go_on(key.fileobj)  # type: ignore[arg-type]  # a socket, as registered
        for key in list(self._lines.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]

    def _go_on(self, line: socket.socket) -> None:
        """Ask again who has waited; who is refused goes."""
        if APPLIED in line.recv(1 << 16).lower():
            self.answers[HELD] += 1
            line.sendall(self._request)
            return
        self.answers[REFUSED] += 1
        self._lines.unregister(line)
        line.close()
        self.standing.set()
