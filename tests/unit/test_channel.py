"""What is at hand is answered by the thread that reads; all else by others, and all in order."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sysmon_core.api.environ import AT_ONCE, NotAtHand
from tests.conftest import PATIENCE, until
from tests.serving import HOST, READER, served

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class App:
    """Answers with what it was asked and by which thread; only paths with "kept" are at hand."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = 0

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ[AT_ONCE] and "kept" not in path:
            raise NotAtHand
        if "slow" in path:
            self.waiting += 1
            self.gate.wait(PATIENCE)
        if "broken" in path:
            raise ValueError(path)
        body = json.dumps([path, threading.current_thread().name]).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    made = App()
    yield made
    made.gate.set()


@pytest.fixture(scope="module")
def port(app: App) -> Iterator[int]:
    """A server with two threads beside the one that reads."""
    with served(app, threads=2) as number:
        yield number
        app.gate.set()


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), PATIENCE)


def send(connection: socket.socket, *paths: str) -> None:
    lines = [f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n" for path in paths]
    connection.sendall("".join(lines).encode())


def receive(connection: socket.socket, count: int = 1) -> list[Any]:
    """So many answers, in the order in which they come."""
    stream = connection.makefile("rb")
    found = []
    for _ in range(count):
        assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
        length = int(http.client.parse_headers(stream)["Content-Length"])
        found.append(json.loads(stream.read(length)))
    return found


def ask(port: int, path: str) -> Any:
    with connect(port) as connection:
        send(connection, path)
        return receive(connection)[0]


def test_what_is_at_hand_needs_no_other_thread(port: int) -> None:
    assert ask(port, "/kept") == ["/kept", READER]
    path, thread = ask(port, "/other")
    assert path == "/other"
    assert thread != READER


def test_it_is_answered_while_all_threads_are_busy(port: int, app: App) -> None:
    app.gate.clear()
    with connect(port) as first, connect(port) as second, connect(port) as third:
        before = app.waiting
        for connection in (first, second, third):
            send(connection, "/slow")
        until(lambda: app.waiting == before + 2)
        for _ in range(5):
            assert ask(port, "/kept") == ["/kept", READER]
        app.gate.set()
        for connection in (first, second, third):
            assert receive(connection)[0][0] == "/slow"


@pytest.mark.parametrize(
    "paths",
    [
        ["/kept1", "/kept2", "/kept3"],
        ["/one", "/kept2", "/three", "/kept4"],
        ["/kept1", "/two", "/slow3", "/kept4"] * 5,
        [f"/kept{n}" for n in range(200)],
    ],
    ids=len,
)
def test_answers_on_one_connection_come_in_order(port: int, paths: list[str]) -> None:
    with connect(port) as connection:
        send(connection, *paths)
        assert [path for path, _ in receive(connection, len(paths))] == paths
        send(connection, "/kept")
        assert receive(connection) == [["/kept", READER]]


def test_a_connection_is_kept_and_used_again(port: int) -> None:
    with connect(port) as connection:
        for path in ("/kept", "/other", "/kept", "/kept", "/other"):
            send(connection, path)
            assert receive(connection)[0][0] == path


def test_a_fault_closes_its_connection_and_no_other(port: int) -> None:
    for path in ("/kept/broken", "/broken"):
        with connect(port) as broken, connect(port) as other:
            send(broken, path)
            assert broken.recv(100).startswith(b"HTTP/1.1 500 ")
            send(other, "/kept")
            assert receive(other) == [["/kept", READER]]


def test_a_client_that_hangs_up_is_no_trouble(port: int) -> None:
    for path in ("/kept", "/other"):
        for _ in range(20):
            with connect(port) as connection:
                send(connection, path)
    assert ask(port, "/kept") == ["/kept", READER]
