"""A site whose Redis, servers and workers a test kills, with a program and metrics for faults."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from sysmon_core.database import Database, migrations
from sysmon_core.services.user_fields import NewUser
from tests.conftest import until, users_of
from tests.support import site
from tests.support.client import FINAL
from tests.support.processes import Process, Started, port_of, processes
from tests.support.site import ROOT, SEARCH_PATH

HERE = Path(__file__).parent
DEVELOPMENT = ROOT / "development.ini"
LOST_SECONDS = 60.0  # within which a lost worker's tasks are known to be lost


class Site(site.Site):
    """A site with a Redis of its own and the plugin ``faulty``; its servers choose their ports."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.programs = folder / "programs"
        self.socket = folder / "redis.sock"
        own = {
            "redis_url": f"unix://{self.socket}",
            "command_path": f"{self.programs}:{SEARCH_PATH}",
        }
        super().__init__(folder, 0, **own | settings)
        self.store: Any = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)
        self.cwd = folder  # for the core files of metrics that crash
        self._workers: list[Started] = []
        self._install()

    def _install(self) -> None:
        self.programs.mkdir()
        self.var.mkdir()
        (self.programs / "starts").touch()
        for name in ("work", "iostat"):
            shutil.copy(HERE / f"{name}.sh", self.programs / name)
            (self.programs / name).chmod(0o755)
        about = self.folder / "plugins" / "faulty-1.0.dist-info"
        about.mkdir(parents=True)
        shutil.copy(HERE / "faulty.py", self.folder / "plugins")
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[sysmon]\nfaulty = faulty\n")

    def environ(self, *, plugins: object = True, **settings: object) -> dict[str, str]:
        """The environment of a process here, by default with the plugin on its path."""
        path = {"PYTHONPATH": str(self.folder / "plugins")} if plugins else {}
        return super().environ(**settings) | path

    def redis(self, *options: str) -> Started:
        """A Redis that answers; started again, it has the data that it had."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        where = ("--dir", self.folder, "--unixsocket", self.socket)
        server = self.start(program, ROOT / "config/redis.conf", *where, *options)
        return server.up(self._redis_answers)

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.store.ping())
        return False

    def server(self, ini: Path = DEVELOPMENT, **settings: object) -> Started:
        """A server that listens; the client asks the newest one."""
        self.port = 0  # one of its own, beside those that run
        server = self.booting_server(ini, **settings)
        server.up(lambda: port_of(server.popen.pid))
        self.port = port_of(server.popen.pid) or 0
        return server

    def add_user(self, name: str) -> str:
        """``name:password`` of a new user."""
        database = Database(f"sqlite:///{self.var}/sysmon.sqlite")
        migrations.upgrade(database)
        users_of(database).create(NewUser(username=name, password=name, fullname=name))
        return f"{name}:{name}"

    def booting_worker(self, threads: int | None = 16, **settings: Any) -> Started:
        """A worker that may not listen yet."""
        self._workers.append(super().worker(threads, **settings))
        return self._workers[-1]

    def worker(self, threads: int | None = 16, **settings: Any) -> Started:
        """A worker that listens."""
        worker = self.booting_worker(threads, **settings)
        alive = sum(one.popen.poll() is None for one in self._workers)
        return worker.up(lambda: self.listeners() >= alive)

    def listeners(self) -> int:
        """How many workers listen for cancels."""
        return int(self.store.pubsub_numsub("sysmon:cancelled")[0][1])

    def child(self, worker: Started) -> int:
        """The process that has a worker's threads."""
        (pid,) = (
            one.pid
            for one in processes()
            if one.parent == worker.popen.pid and "dramatiq" in one.command
        )
        return pid

    def uptime(self) -> int:
        """Seconds since Redis was started."""
        return int(self.store.info("server")["uptime_in_seconds"])

    def starts(self) -> Counter[int]:
        """How often the program ``work`` was started, by key."""
        lines = (self.programs / "starts").read_text().splitlines()
        return Counter(int(line.split()[0]) for line in lines)

    def begun(self) -> set[str]:
        """The tasks that workers logged as started, even if their programs were not."""
        said = "".join(worker.printed() for worker in self._workers)
        return set(re.findall(r"task (\S+) \(\w+\) started", said))

    def until_final(self, *tasks: str, seconds: float = LOST_SECONDS) -> list[str]:
        """Wait until all have ended; their states."""
        for task in tasks:
            until(lambda task=task: self.client.has_ended(task), seconds)  # type: ignore[misc]
        return [self.client.state(task) for task in tasks]

    def until_state(self, state: str, *tasks: str, seconds: float = LOST_SECONDS) -> None:
        """Wait until all are in this state; fail if one ends in another."""
        for task in tasks:
            until(lambda task=task: self.client.state(task) in FINAL | {state}, seconds)  # type: ignore[misc]
            assert self.client.task(task)["state"] == state, self.client.task(task)

    def let_the_lease_run_out(self, task: str) -> None:
        """Make the lease of a task expire now, instead of waiting."""
        task_id = task.rpartition("/")[2]
        self.store.zadd("sysmon:leases", {task_id: 1})
        self.store.hset(f"sysmon:task:{task_id}", "suspected", 1)

    def owned(self, everything: list[Process]) -> dict[int, Process]:
        """Also the sessions of the programs that tasks run, whose environment is empty."""
        mine = super().owned(everything)
        noted = (self.programs / "starts").read_text()
        sessions = {int(pid) for pid in re.findall(r" (\d+)$", noted, re.MULTILINE)}
        # A session's id may be another process's by now, whose leader is then not ours.
        sessions -= {one.pid for one in everything if one.pid not in mine}
        return mine | {one.pid: one for one in everything if one.session in sessions}

    def left_besides(self, *kept: Started) -> list[str]:
        """The commands of all processes here but these."""
        known = {one.popen.pid for one in kept}
        return [one.command for pid, one in self.processes().items() if pid not in known]

    def running(self, words: str) -> int:
        """How many processes here have these words in their command lines."""
        return len(self.pids(words))

    def end(self, words: str = "") -> None:
        """Kill and reap what is left."""
        self.store.close()
        super().end(words)


@contextlib.contextmanager
def new_site(**settings: object) -> Iterator[Site]:
    """A site with nothing on it yet."""
    with tempfile.TemporaryDirectory(prefix="sysmon-faults-") as name:
        one = Site(Path(name), **settings)
        try:
            yield one
        finally:
            one.end()
