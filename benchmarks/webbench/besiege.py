"""Keeps a server busy, from a process of its own: ``python -m benchmarks.webbench.besiege``.

Arguments: which siege, the port, ``name:password``. It prints a line once the siege stands, ends
when its standard input does, and then prints how often each status was answered, as JSON.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import resource
import select
import socket
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.webbench import waiters

HOST = "127.0.0.1"
TIMEOUT = 30  # seconds
SLOTS = 4  # of synchronous runs, unless the settings say otherwise
LONG = "/v1/iostat/?count=25"  # the longest that may be asked for, less a few seconds
HALF_OPEN = 900
CLIENTS = 16
ASKERS, MOST = 50, 100  # processes that may be asked for
PIPELINERS = 8
OFFICE = "192.0.2.1"  # an address behind which there are many
JOB_SECONDS = 0.05  # between two tries of a job
PIPELINED = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200

Statuses = Counter[int]


def _connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), TIMEOUT)


@contextlib.contextmanager
def slots(port: int, _user: str) -> Iterator[Statuses]:
    """Every synchronous slot busy."""
    with contextlib.ExitStack() as stack:

        def hold() -> None:
            held = stack.enter_context(_connect(port))
            held.sendall(f"GET {LONG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

        for _ in range(SLOTS):
            hold()
        while (status := _ask(port, LONG, {})) != 503:
            hold()  # this one overtook another, which was refused
        yield Counter({status: 1})


@contextlib.contextmanager
def half_open(port: int, _user: str) -> Iterator[Statuses]:
    """Hundreds of connections that began a request and do not go on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            one = stack.enter_context(_connect(port))
            one.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: local" if number % 2 else b"G")
        yield Counter()


def _ask(port: int, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        return _status(connection, path, headers)


def _status(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status


def _basic(user: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"}


@contextlib.contextmanager
def _clients(ask: Callable[[int], int], count: int = CLIENTS) -> Iterator[Statuses]:
    """Clients that ask again and again."""
    statuses: Statuses = Counter()
    numbers, ended = itertools.count(), threading.Event()

    def go_on() -> None:
        while not ended.is_set():
            statuses[ask(next(numbers))] += 1

    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(go_on) for _ in range(count)]
        try:
            while statuses.total() <= count:
                time.sleep(0.02)
            yield statuses
        finally:
            ended.set()
        for one in running:
            one.result()


def guessers(port: int, _user: str) -> contextlib.AbstractContextManager[Statuses]:
    """Guesses for ever new users from ever new addresses, so that no throttle helps."""

    def guess(number: int) -> int:
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = _basic(f"user{number}:no") | {"X-Forwarded-For": address}
        return _ask(port, "/v3/uptime/", headers)

    return _clients(guess)


def job(port: int, _user: str) -> contextlib.AbstractContextManager[Statuses]:
    """One client that sends a wrong password for one user, again and again."""

    def ask(_number: int) -> int:
        time.sleep(JOB_SECONDS)
        return _ask(port, "/v3/uptime/", _basic("root:no") | {"X-Forwarded-For": OFFICE})

    return _clients(ask, 1)


def users(port: int, user: str) -> contextlib.AbstractContextManager[Statuses]:
    """Users of version 3 with the right password, while their database hangs."""
    return _clients(lambda _: _ask(port, "/v3/uptime/", _basic(user)))


def runs(port: int, _user: str) -> contextlib.AbstractContextManager[Statuses]:
    """Fifty kept connections, each with quick runs that nobody else asks for at that moment."""
    kept = threading.local()

    def ask(number: int) -> int:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
        return _status(kept.connection, f"/v1/processes/?top={number % MOST + 1}", {})

    return _clients(ask, ASKERS)


@contextlib.contextmanager
def pipeliners(port: int, _user: str) -> Iterator[Statuses]:
    """Eight connections that send requests as long as they are taken, and read no answer."""
    ended, stuck = threading.Event(), threading.Event()

    def push() -> None:
        with contextlib.ExitStack() as stack:
            lines = [stack.enter_context(_connect(port)) for _ in range(PIPELINERS)]
            left = dict.fromkeys(lines, b"")
            while not ended.is_set():
                _, ready, _ = select.select([], lines, [], 0.2)
                if not ready:
                    stuck.set()
                for line in ready:
                    left[line] = left[line] or PIPELINED
                    line.setblocking(False)
                    left[line] = left[line][line.send(left[line]) :]

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(push)
        try:
            stuck.wait(TIMEOUT / 10)  # a server that takes them all is besieged, too
            yield Counter()
        finally:
            ended.set()
        running.result()


SIEGES: dict[str, Callable[[int, str], contextlib.AbstractContextManager[Statuses]]] = {
    "slots": slots,
    "half-open": half_open,
    "guessers": guessers,
    "job": job,
    "users": users,
    "runs": runs,
    "pipeliners": pipeliners,
    "waiting-100": partial(waiters.hold, 100),
    "waiting-500": partial(waiters.hold, 500),
}

if __name__ == "__main__":
    name, number, who = sys.argv[1:]
    with SIEGES[name](int(number), who) as seen:
        sys.stdout.write("standing\n")
        sys.stdout.flush()
        sys.stdin.read()
        sys.stdout.write(json.dumps(seen))
