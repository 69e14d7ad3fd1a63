"""What the tests of waits share: sites on which requests wait, and crowds of such requests."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Self

from tests.conftest import PATIENCE, started_redis, until
from tests.live.server.conftest import GET
from tests.support.client import HOST, Answer, answer_on, basic
from tests.support.processes import Started, kill
from tests.support.site import BIN, Site, new_site

MORE = 5  # than there are places: once these are answered, all places are taken
USER = "ann:secret"
APPLIED = "Preference-Applied"
UPTIME = json.dumps({"metric": "uptime"}).encode()


@dataclass(frozen=True)
class Served:
    """A site and its server, of one process or several."""

    site: Site
    server: Started
    count: int

    def pids(self) -> list[int]:
        """The processes that serve, once all do."""
        if self.count == 1:
            return [self.server.popen.pid]
        until(lambda: len(self.server.children()) == self.count)
        return self.server.children()


@contextlib.contextmanager
def served(*options: str, processes: int = 1, **settings: object) -> Iterator[Served]:
    """A site with a user and a server, with these options in its ini file; no Redis."""
    with new_site(**settings) as site:
        site.said(BIN / "sysmon", "database", "upgrade")
        name, _, password = USER.partition(":")
        add = ("user", "add", name, "--admin", "--password-file", "-")
        site.said(BIN / "sysmon", *add, typed=password)
        server = site.server_with(f"processes = {processes}", *options)
        yield Served(site, server, processes)


@contextlib.contextmanager
def redis_for(site: Site) -> Iterator[Popen[bytes]]:
    """The site's Redis, with the data that it had, once the server has found it."""
    with started_redis(site.var) as store:
        until(lambda: site.client.get("/v4/tasks/", USER).status == 200)
        yield store


def submitted(site: Site) -> str:
    """The path of a new task, which no worker takes."""
    made = site.client("POST", "/v4/tasks/", USER, {"metric": "uptime"})
    assert made.status == 201, made
    return str(made.headers["Location"])


def cancel(site: Site, path: str) -> None:
    assert site.client("DELETE", path, USER).status == 204


def showing(path: str, seconds: int = 30, method: str = "GET") -> bytes:
    """A request that would see the end of a task."""
    begin = GET.replace(b"GET /v1/uptime/", f"{method} {path}".encode())
    return begin + f"Authorization: {basic(USER)}\r\nPrefer: wait={seconds}\r\n\r\n".encode()


def submitting(seconds: int = 30) -> bytes:
    """A request that submits a task and would see its end."""
    kind = f"Content-Type: application/json\r\nContent-Length: {len(UPTIME)}\r\n\r\n".encode()
    return showing("/v4/tasks/", seconds, "POST").removesuffix(b"\r\n") + kind + UPTIME


class Crowd:
    """The same request on so many connections."""

    def __init__(self, site: Site, request: bytes, count: int) -> None:
        self._method = request.partition(b" ")[0].decode()
        self._waiting = [
            socket.create_connection((HOST, site.port), PATIENCE) for _ in range(count)
        ]
        for one in self._waiting:
            one.sendall(request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up(len(self._waiting))

    def hang_up(self, count: int) -> None:
        """Close so many connections of those that are not answered."""
        for _ in range(count):
            self._waiting.pop().close()

    def answered(self, count: int) -> list[Answer]:
        """Wait until so many are answered; the others wait on."""
        until(lambda: len(self._ready()) >= count)
        ready = self._ready()
        answers = [answer_on(one, self._method) for one in ready]
        for one in ready:
            self._waiting.remove(one)
            one.close()
        return answers

    def cut_off(self, count: int) -> None:
        """Wait until so many have lost their connection without an answer."""
        until(lambda: len(self._ready()) >= count)
        for one in self._ready():
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(1) == b""

    def _ready(self) -> list[socket.socket]:
        return select.select(self._waiting, [], [], 0)[0]


@contextlib.contextmanager
def waiting(site: Site, request: bytes, places: int) -> Iterator[Crowd]:
    """A crowd that has taken all places of a server process."""
    with Crowd(site, request, places + MORE) as crowd:
        refused = crowd.answered(MORE)
        assert len(refused) == MORE
        assert {one.headers[APPLIED] for one in refused} == {None}
        yield crowd


@contextlib.contextmanager
def waiting_in_each(one: Served, request: bytes, places: int) -> Iterator[dict[int, Crowd]]:
    """A crowd in each process of a server, by its id, that has taken all places there."""
    pids = one.pids()
    with contextlib.ExitStack() as stack:
        crowds = {}
        for pid in pids:
            with stopped(*set(pids) - {pid}):  # so this one takes all connections
                assert (
                    one.site.client.get("/v4/tasks/", USER).status == 200
                )  # knows the password now
                crowds[pid] = stack.enter_context(waiting(one.site, request, places))
        yield crowds


@contextlib.contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Stop processes from running within the context."""
    for pid in pids:
        kill(pid, signal.SIGSTOP)
    try:
        # The signal may find a thread that is about to accept a connection.
        until(lambda: all(_is_stopped(pid) for pid in pids))
        yield
    finally:
        for pid in pids:
            kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def ends(answers: Sequence[Answer]) -> set[tuple[int, str | None, str | None]]:
    """How requests that waited have ended: status, what of Prefer was heeded, state of the task."""
    return {(one.status, one.headers[APPLIED], one.json.get("state")) for one in answers}
