"""Sends requests as fast as they are answered, from a process of its own.

``python -m benchmarks.taskbench.load PORT PATH COUNT CONNECTIONS`` posts COUNT times over that
many kept-alive connections, each waiting for its answer before it sends again, and prints what
came of it as JSON. Raw sockets: the load must cost less than what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from typing import Any

END_OF_HEADERS = b"\r\n\r\n"


class Line:
    """One connection and the answer that it waits for."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._received = b""
        self._sent = 0.0

    def send(self) -> None:
        """Send the request."""
        self._received = b""
        self._sent = time.monotonic()
        self.socket.sendall(self._request)

    def receive(self) -> tuple[float, bytes] | None:
        """Seconds and body of the answer once it is whole.

        Raises:
            RuntimeError: it is not a 201.
        """
        chunk = self.socket.recv(65536)
        self._received += chunk
        head, found, body = self._received.partition(END_OF_HEADERS)
        if not chunk or (found and not head.startswith(b"HTTP/1.1 201")):
            raise RuntimeError(f"not what was asked for: {self._received[:500]!r}")
        if not found or len(body) < _length(head):
            return None
        return time.monotonic() - self._sent, body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"an answer without a length: {head!r}")


def submit(port: int, path: str, count: int, connections: int) -> dict[str, Any]:
    """Post ``count`` times; ``began`` is in the terms of the system's clock."""
    request = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode()
    lines = [Line(port, request) for _ in range(min(connections, count))]
    answers: list[tuple[float, bytes]] = []
    began, start, left = time.time(), time.monotonic(), count - len(lines)
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.send()
        while len(answers) < count:
            for key, _ in selector.select(30):
                answer = key.data.receive()
                if answer is None:
                    continue
                answers.append(answer)
                if left:
                    left -= 1
                    key.data.send()
    seconds = time.monotonic() - start
    return {
        "began": began,
        "seconds": seconds,
        "latencies": [latency for latency, _ in answers],
        "ids": [json.loads(body)["task_id"] for _, body in answers],
    }


if __name__ == "__main__":
    port, path, count, connections = sys.argv[1:]
    sys.stdout.write(json.dumps(submit(int(port), path, int(count), int(connections))))
