"""The two systems: this project and the classic way, each a web server and a worker."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import redis

from benchmarks.common.environments import program
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.processes import PATIENCE, SEARCH_PATH, Process, until
from benchmarks.webbench import peers
from benchmarks.webbench.ours import Site
from benchmarks.webbench.server import HOST, Server
from sysmon_core.redis_store import keys

TTL_SECONDS = 86400  # for which both systems store a finished task
FINAL = {"SUCCESS", "FAILURE", "REVOKED"}
NO_OP = "/v2/iostat/"  # one report, which the instant program gives
LONG = "/v2/iostat/?count=61&wait=1"  # the host's own iostat: 60 s, a report each second
CLIENTS = 8  # that submit many tasks at once
NO_LIMITS = {
    "SYSMON_TASK_TTL": str(TTL_SECONDS),
    "SYSMON_TASK_TTL_ANONYMOUS": str(TTL_SECONDS),
    "SYSMON_TASKS_OPEN": "2000000",
    "SYSMON_TASKS_PER_CLIENT": "1000000",
    "SYSMON_TASKS_KEPT": "2000000",
    "SYSMON_TASKS_KEPT_PER_CLIENT": "1000000",
    "SYSMON_TASKS_KEPT_BYTES": str(1 << 40),
    "SYSMON_CLIENT_SHARE": "1",
}
# One report is the no-op; more are the host's own iostat, which takes this process's place.
INSTANT = """#!/bin/sh
[ "$3" = 1 ] || exec {iostat} "$@"
echo instant
"""
ANSWERS = {  # of both: else different things would be compared
    "/v2/iostat/?count=2&wait=x": 400,
    "/v2/iostat/?count=0": 400,
    "/v2/iostat/?count=1&wait=5": 400,
    "/v2/iostat/?count=2&count=3": 400,
    "/v2/iostat/?other=1": 400,
    "/v2/task/none": 404,
}


@dataclass
class System:
    """A web server, a worker and a database of Redis.

    Args:
        record: the beginning of the key of a task's record.
        state_in: the state in the record under a key, None without a record.
    """

    label: str
    server: Server
    start_worker: Callable[[], Process]
    stop_signal: signal.Signals
    redis: redis.Redis
    record: str
    state_in: Callable[[str], str | None]
    worker: Process | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[System]:
        """Have both run."""
        with self.server.running():
            self.worker = self.start_worker()
            try:
                yield self
            finally:
                self.stop_worker()

    def stop_worker(self) -> None:
        """End the worker and the programs that it runs."""
        if self.worker:
            self.worker.stop(self.stop_signal)
        self.worker = None

    def submit(self, path: str) -> str:
        """Return the id of a new task.

        Raises:
            RuntimeError: none was made.
        """
        return self._submit(path, 1)[0]

    def submit_many(self, path: str, count: int) -> list[str]:
        """Return the ids of as many new tasks, asked for by several clients at once."""
        shares = [len(range(first, count, CLIENTS)) for first in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            return [one for ids in pool.map(lambda n: self._submit(path, n), shares) for one in ids]

    def _submit(self, path: str, count: int) -> list[str]:
        """One after another, on a connection that is kept where the server keeps it."""
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=PATIENCE)
        ids = []
        with contextlib.closing(connection):
            for _ in range(count):
                connection.request("POST", path)
                response = connection.getresponse()
                body = response.read()
                if response.status != HTTPStatus.CREATED:
                    raise RuntimeError(f"{self.label} made no task: {body!r}")
                ids.append(str(json.loads(body)["task_id"]))
        return ids

    def state(self, task_id: str) -> str | None:
        """Return the task's state, read from Redis."""
        return self.state_in(self.record + task_id)

    def wait_for_end(self, task_id: str, pause: float = 0.02) -> bool:
        """Wait until the task has ended; whether it succeeded."""
        until(lambda: self.state(task_id) in FINAL, f"an end in {self.label}", pause, 120)
        return self.state(task_id) == "SUCCESS"

    def ended_at(self, task_id: str) -> float:
        """When the task ended, by Redis' clock: its record expires a known time later."""
        left: int = self.redis.pttl(self.record + task_id)  # type: ignore[assignment]
        seconds, microseconds = self.redis.time()  # type: ignore[misc]
        return float(seconds + microseconds / 1e6 + left / 1000 - TTL_SECONDS)

    def check(self) -> str:
        """Check that it does what is compared; the id of a task that has succeeded.

        Raises:
            RuntimeError: it does not.
        """
        found = {path: self.server.get(path).status for path in ANSWERS}
        task_id = self.submit(NO_OP)
        self.wait_for_end(task_id)
        path = f"/v2/task/{task_id}"
        shown = json.loads(self.server.get(path).body)
        links = [{"rel": "self", "href": path}]
        result = {"result": {"iostat": "instant\n"}, "state": "SUCCESS"}
        if found != ANSWERS or shown != {"task_id": task_id, "links": links} | result:
            raise RuntimeError(f"{self.label} does not do what is compared: {found}, {shown}")
        return task_id


@dataclass(frozen=True)
class Place:
    """The folder of a run, its Redis, and the search path of the programs that tasks run."""

    folder: Path
    redis: PrivateRedis
    command_path: str

    @classmethod
    def prepared(cls, folder: Path, redis: PrivateRedis) -> Place:
        """Return a place on whose search path one report of ``iostat`` takes no time."""
        instant = folder / "programs" / "iostat"
        instant.parent.mkdir()
        instant.write_text(INSTANT.format(iostat=program("iostat")))
        instant.chmod(0o755)
        return cls(folder, redis, f"{instant.parent}:{SEARCH_PATH}")

    def sysmon(self, db: int, threads: int) -> System:
        """Sysmon itself, with the limits of tasks lifted."""
        site = Site(self.folder / f"sysmon-{db}", self.redis.url(db))
        site.folder.mkdir()
        own = {"SYSMON_COMMAND_PATH": self.command_path, "SYSMON_WORKER_THREADS": str(threads)}
        client: Any = self.redis.client(db)
        return System(
            "sysmon",
            site.server(more=NO_LIMITS | own),
            lambda: site.worker(NO_LIMITS | own),
            signal.SIGTERM,
            client,
            keys.TASK,
            lambda key: (client.hget(key, "state") or b"").decode() or None,
        )

    def classic(self, db: int, processes: int, prefetch: int = 4) -> System:
        """Flask, Flask-RESTful and Celery; Celery prefetches four messages for each process."""
        folder = self.folder / f"classic-{db}"
        folder.mkdir(exist_ok=True)
        url = f"redis+socket://{self.redis.socket}?virtual_host={db}"
        client: Any = self.redis.client(db)
        return System(
            "classic",
            peers.classic(folder, url, self.command_path),
            lambda: peers.celery(folder, url, self.command_path, processes, prefetch),
            signal.SIGQUIT,
            client,
            "celery-task-meta-",
            lambda key: json.loads(client.get(key) or '{"status": null}')["status"],
        )
