"""The two systems: this project and the classic way, each a web server and a worker."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.common.environments import ROOT
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.processes import PATIENCE, Process, free_port, until
from sysmon_core.redis_store import keys

BIN = Path(sys.executable).parent
TTL = 86400  # seconds that both keep a finished task
FINAL = {"SUCCESS", "FAILURE", "REVOKED"}
NO_OP = "/v2/iostat/"  # one report, which the instant program gives
LONG = "/v2/iostat/?count=61&wait=1"  # the host's own iostat: 60 s, a report each second
THREADS = 264  # of our worker, as `make run` has it: 256 for long tasks
HOLDING = 520  # of one that runs 256 anonymous long tasks, which have half of those threads
WEB_OPTIONS = {"threads": "8", "connection-limit": "1000", "channel-timeout": "30"}


@dataclass(frozen=True)
class Place:
    """Where everything of one run lies: the folder, Redis, the programs, the peer's own."""

    folder: Path
    redis: PrivateRedis
    programs: str
    peer_bin: Path


class System:
    """A web server, a worker and a database of the shared Redis."""

    record: ClassVar[str]  # what the key of a task's record begins with
    label: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, place: Place, db: int, workers: int) -> None:
        self.place = place
        self.db = db
        self.workers = workers
        self.redis = place.redis.client(db)
        self.port = free_port()
        self.web: Process | None = None
        self.worker: Process | None = None

    def start_web(self) -> None:
        """Start the web server."""
        log = self.place.folder / f"web-{self.db}.log"
        self.web = Process(self._web_command(), self._environ(), log)

    def start_worker(self) -> None:
        """Start the worker."""
        log = self.place.folder / f"worker-{self.db}.log"
        self.worker = Process(self._worker_command(), self._environ(), log)

    def stop_web(self) -> None:
        """End the web server."""
        if self.web:
            self.web.stop()
        self.web = None

    def stop_worker(self) -> None:
        """End the worker and what it runs."""
        if self.worker:
            self.worker.stop(self.stop_signal)
        self.worker = None

    def close(self) -> None:
        """End both."""
        try:
            self.stop_worker()
        finally:
            self.stop_web()

    def wait(self) -> None:
        """Wait until the web server answers."""
        until(self._answers, f"an answer of the web server of {self.label}", 0.05, PATIENCE)

    def _answers(self) -> bool:
        if self.web:
            self.web.check()
        try:
            return self.request("GET", "/v2/task/none")[0] == http.HTTPStatus.NOT_FOUND
        except OSError:
            return False

    def request(self, method: str, path: str) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and body of the answer to one request, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path)
            response = connection.getresponse()
            text = response.read()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return response.status, headers, json.loads(text) if text else None
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the web server."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def submit(self, path: str) -> str:
        """Make a task and return its id."""
        status, _, body = self.request("POST", path)
        if status != http.HTTPStatus.CREATED:
            raise RuntimeError(f"{self.label} answered {status}: {body}")
        task_id: str = body["task_id"]
        return task_id

    def load(self, path: str, count: int, connections: int) -> Any:
        """Make many tasks from a process of its own; see the module ``load``."""
        words = [str(self.port), path, str(count), str(connections)]
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "benchmarks.taskbench.load", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the load on {self.label} failed: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def state(self, task_id: str) -> str | None:
        """The task's state, read from Redis."""
        raise NotImplementedError

    def ended_at(self, task_id: str) -> float:
        """When the task reached its end, by Redis' clock: its record expires a known time later."""
        left: int = self.redis.pttl(self.record + task_id)  # type: ignore[assignment]
        seconds, microseconds = self.redis.time()  # type: ignore[misc]
        return float(seconds + microseconds / 1e6 + left / 1000 - TTL)

    def wait_for_end(self, task_id: str) -> bool:
        """Wait until the task has ended; whether it did well."""
        until(lambda: self.state(task_id) in FINAL, f"an end in {self.label}", 0.02, 120)
        return self.state(task_id) == "SUCCESS"

    def _web_command(self) -> list[str]:
        raise NotImplementedError

    def _worker_command(self) -> list[str]:
        raise NotImplementedError

    def _environ(self) -> dict[str, str]:
        raise NotImplementedError


class Sysmon(System):
    """The project itself, as `make run` starts it; only the caps on open tasks are lifted."""

    record = keys.TASK
    label = "sysmon"
    stop_signal = signal.SIGTERM

    def state(self, task_id: str) -> str | None:
        """The task's state, read from Redis."""
        state: bytes | None = self.redis.hget(self.record + task_id, "state")  # type: ignore[assignment]
        return None if state is None else state.decode()

    def _web_command(self) -> list[str]:
        return [str(BIN / "pserve"), "--quiet", str(ROOT / "development.ini")]

    def _worker_command(self) -> list[str]:
        command = [str(BIN / "dramatiq"), "sysmon_core.worker:setup", "--processes", "1"]
        return [*command, "--threads", str(self.workers), "--skip-logging"]

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYSMON_")}
        return kept | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",  # of this checkout, whatever is installed
            "SYSMON_CONFIG": str(ROOT / "development.ini"),
            "SYSMON_VAR": str(self.place.folder),
            "SYSMON_REDIS_URL": self.place.redis.url(self.db),
            "SYSMON_LISTEN": f"127.0.0.1:{self.port}",
            "SYSMON_COMMAND_PATH": self.place.programs,
            "SYSMON_TASK_TTL": str(TTL),
            "SYSMON_TASK_TTL_ANONYMOUS": str(TTL),
            "SYSMON_TASKS_OPEN": "2000000",
            "SYSMON_TASKS_PER_CLIENT": "1000000",
            "SYSMON_TASKS_KEPT": "2000000",
            "SYSMON_TASKS_KEPT_PER_CLIENT": "1000000",
            "SYSMON_TASKS_KEPT_BYTES": str(1 << 40),
            "SYSMON_CLIENT_SHARE": "1",
        }


class Classic(System):
    """Flask, Flask-RESTful and Celery behind the same web server; ``workers`` are processes."""

    record = "celery-task-meta-"
    label = "classic"
    stop_signal = signal.SIGQUIT
    prefetch = 4  # messages per process: Celery's default, the best for brief tasks

    def state(self, task_id: str) -> str | None:
        """The task's state, read from Redis."""
        text: bytes | None = self.redis.get(self.record + task_id)  # type: ignore[assignment]
        return None if text is None else json.loads(text)["status"]

    def _web_command(self) -> list[str]:
        options = [f"--{name}={value}" for name, value in WEB_OPTIONS.items()]
        listen = [f"--listen=127.0.0.1:{self.port}", "--ident=", "--asyncore-use-poll"]
        command = [str(self.place.peer_bin / "waitress-serve"), *listen, *options]
        return [*command, "--call", "benchmarks.classic.app:make_app"]

    def _worker_command(self) -> list[str]:
        command = [
            str(self.place.peer_bin / "celery"),
            "--app",
            "benchmarks.classic.worker",
            "worker",
        ]
        options = ["--loglevel=INFO", "--pool=prefork", f"--concurrency={self.workers}"]
        node = f"--hostname=classic-{self.db}@%h"
        return [*command, *options, node, f"--prefetch-multiplier={self.prefetch}"]

    def _environ(self) -> dict[str, str]:
        url = f"redis+socket://{self.place.redis.socket}?virtual_host={self.db}"
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CLASSIC_BROKER": url,
            "CLASSIC_BACKEND": url,
            "CLASSIC_COMMAND_PATH": self.place.programs,
        }
