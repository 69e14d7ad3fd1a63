"""A site whose ``iostat`` tells when it printed each report, and what asks it."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.processes import PATIENCE, SEARCH_PATH
from benchmarks.taskbench.systems import NO_LIMITS
from benchmarks.webbench.ours import PASSWORD, USER, Site
from benchmarks.webbench.server import HOST, Server, Target, basic

WHO = f"{USER}:{PASSWORD}"
TASKS = "/v4/tasks/"
# Arguments: -d, seconds between two reports, how many. tps is the time at which it is printed.
STAMPED = """#!/bin/sh
echo 'Linux 6.1.0 (bench) \t01/01/26 \t_x86_64_\t(2 CPU)'
echo
count=$3
while [ "$count" -gt 0 ]; do
  echo 'Device tps kB_read/s kB_wrtn/s kB_dscd/s kB_read kB_wrtn kB_dscd'
  echo "vda $(date +%s.%N) 721.00 1495.12 684.27 5390805 11178860 5116240"
  echo
  count=$((count - 1))
  [ "$count" = 0 ] || sleep "$2"
done
"""


class Client:
    """A user on a connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Return the status and body of an answer."""
        status, _, text = self.answer(method, path, body, headers)
        return status, text

    def answer(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Return the status, the headers by their small letters, and the body of an answer."""
        sent = {"Authorization": basic(WHO), **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, sent)
        response = self._connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read().decode()

    def submit(self, metric: str, wait: int = 0, **params: int) -> dict[str, Any]:
        """Return a new task; with ``wait``, as it is when it has ended.

        Raises:
            RuntimeError: none was made.
        """
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        body = {"metric": metric, "params": params}
        status, _, text = self.answer("POST", TASKS, body, headers)
        if status != http.HTTPStatus.CREATED:
            raise RuntimeError(f"no task was made: {text}")
        made: dict[str, Any] = json.loads(text)
        return made


@dataclass(frozen=True)
class Place:
    """A server, its database of Redis, and a worker while it is open."""

    server: Server
    db: int

    def client(self) -> Client:
        """Return a client on a connection of its own."""
        return Client(self.server.port)

    def target(self, label: str, path: str, proof: str = "", **more: Any) -> Target:
        """Return what a load asks for, by a user."""
        return Target(label, self.server, path, WHO, proof, **more)


@contextlib.contextmanager
def place(folder: Path, redis: PrivateRedis, db: int, threads: int = 64) -> Iterator[Place]:
    """Have a server and a worker run on a database of their own."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "iostat").write_text(STAMPED)
    (programs / "iostat").chmod(0o755)
    settings = NO_LIMITS | {
        "SYSMON_COMMAND_PATH": f"{programs}:{SEARCH_PATH}",
        "SYSMON_WORKER_THREADS": str(threads),
    }
    site = Site(folder / f"v4-{db}", redis.url(db))
    site.prepare(settings)
    server = site.server(more=settings)
    with server.running():
        worker = site.worker(settings)
        try:
            yield Place(server, db)
        finally:
            worker.stop()
