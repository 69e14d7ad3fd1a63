"""A state folder, and the Redis, servers and workers that a test runs, kills and restarts on it."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

import sysmon_core
from sysmon_core.database import Database, migrations
from sysmon_core.services.user_fields import NewUser
from tests.conftest import until, users_of
from tests.faults.client import FINAL, HOST, Client
from tests.faults.machine import Process, Started, kill, port_of, processes

HERE = Path(__file__).parent
HOUSE = Path(sysmon_core.__file__).parent.parent
BIN = Path(sys.executable).parent
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# So that what is started ends even if the tests are killed; Linux alone has it.
LAUNCHER = ("setpriv", "--pdeathsig", "KILL", "--") if sys.platform == "linux" else ()
LOST = 60.0  # seconds within which a lost worker's tasks are known to be lost
BOOT = 40.0  # seconds for a process to start on a busy machine


class Site:
    """What runs on one folder; ``settings`` are the site's own, by their names in small letters."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.settings = settings
        self.socket = folder / "redis.sock"
        self.store: Any = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)
        self.client = Client(lambda: self.port)
        self.port = 0
        self._started: list[Started] = []
        self._workers: list[Started] = []
        self._install()

    def _install(self) -> None:
        self.programs.mkdir()
        (self.folder / "var").mkdir()
        (self.programs / "starts").touch()
        for name in ("work", "iostat"):
            shutil.copy(HERE / f"{name}.sh", self.programs / name)
            (self.programs / name).chmod(0o755)
        about = self.folder / "plugins" / "faulty-1.0.dist-info"
        about.mkdir(parents=True)
        shutil.copy(HERE / "faulty.py", self.folder / "plugins")
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[sysmon]\nfaulty = faulty\n")

    def environ(self, *, plugins: bool = True, **settings: object) -> dict[str, str]:
        """The whole environment of a process here; nothing is inherited."""
        places = [HOUSE, HOUSE / "plugins", *([self.folder / "plugins"] if plugins else [])]
        own = {
            "config": HOUSE / "development.ini",
            "var": self.folder / "var",
            "listen": f"{HOST}:0",
            "redis_url": f"unix://{self.socket}",
            "command_path": f"{self.programs}:{SEARCH_PATH}",
        }
        return {
            "PATH": SEARCH_PATH,
            "HOME": str(self.folder),
            "PYTHONPATH": ":".join(map(str, places)),
        } | {f"SYSMON_{k.upper()}": str(v) for k, v in (own | self.settings | settings).items()}

    def start(self, *words: object, environ: dict[str, str] | None = None) -> Started:
        output = self.folder / f"{len(self._started)}.log"
        with output.open("wb") as file:
            popen = subprocess.Popen(
                [*LAUNCHER, *map(str, words)],
                cwd=self.folder,
                env=environ or self.environ(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(Started(popen, output))
        return self._started[-1]

    def redis(self, *options: str) -> Started:
        """A Redis that answers; started again, it has what it had."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        where = ("--dir", self.folder, "--unixsocket", self.socket)
        server = self.start(program, HOUSE / "config/redis.conf", *where, *options)
        until(lambda: server.popen.poll() is not None or self._redis_answers(), BOOT)
        assert server.popen.poll() is None, server.printed()
        return server

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.store.ping())
        return False

    def server(self, **settings: object) -> Started:
        """A server that listens; the client asks the newest one."""
        environ = self.environ(plugins=True, **settings)
        server = self.start(BIN / "pserve", HOUSE / "development.ini", environ=environ)
        until(lambda: server.popen.poll() is not None or port_of(server.popen.pid), BOOT)
        assert server.popen.poll() is None, server.printed()
        self.port = port_of(server.popen.pid) or 0
        return server

    def add_user(self, name: str) -> tuple[str, str]:
        """Name and password of a new user."""
        database = Database(f"sqlite:///{self.folder}/var/sysmon.sqlite")
        migrations.upgrade(database)
        users_of(database).create(NewUser(username=name, password=name, fullname=name))
        return name, name

    def booting_worker(
        self, threads: int | None = 16, *, plugins: bool = True, **settings: object
    ) -> Started:
        """A worker that may not work yet."""
        words = [BIN / "dramatiq", "sysmon_core.worker:setup", "-p", 1, "--skip-logging"]
        words += [] if threads is None else ["-t", threads]
        self._workers.append(self.start(*words, environ=self.environ(plugins=plugins, **settings)))
        return self._workers[-1]

    def worker(
        self, threads: int | None = 16, *, plugins: bool = True, **settings: object
    ) -> Started:
        """A worker that listens."""
        worker = self.booting_worker(threads, plugins=plugins, **settings)
        alive = sum(one.popen.poll() is None for one in self._workers)
        until(lambda: worker.popen.poll() is not None or self.listeners() >= alive, BOOT)
        assert worker.popen.poll() is None, worker.printed()
        return worker

    def listeners(self) -> int:
        """How many workers wait for word of cancels."""
        return int(self.store.pubsub_numsub("sysmon:cancelled")[0][1])

    def child(self, worker: Started) -> int:
        """The process in which a worker's threads are."""
        (pid,) = (
            one.pid
            for one in processes()
            if one.parent == worker.popen.pid and "dramatiq" in one.command
        )
        return pid

    def uptime(self) -> int:
        """How long Redis has been up, in seconds."""
        return int(self.store.info("server")["uptime_in_seconds"])

    def starts(self) -> Counter[int]:
        """How often the program ``work`` was started, by key."""
        lines = (self.programs / "starts").read_text().splitlines()
        return Counter(int(line.split()[0]) for line in lines)

    def begun(self) -> set[str]:
        """The tasks that workers say they started, if not all came as far as their programs."""
        said = "".join(worker.printed() for worker in self._workers)
        return set(re.findall(r"task (\S+) \(\w+\) started", said))

    def until_final(self, *tasks: str, seconds: float = LOST) -> list[str]:
        """Wait until all have ended, and tell how."""
        for task in tasks:
            until(lambda task=task: self.client.has_ended(task), seconds)  # type: ignore[misc]
        return [self.client.state(task) for task in tasks]

    def until_state(self, state: str, *tasks: str, seconds: float = LOST) -> None:
        """Wait until all are in this state; none may end otherwise."""
        for task in tasks:
            until(lambda task=task: self.client.state(task) in FINAL | {state}, seconds)  # type: ignore[misc]
            assert self.client.task(task)["state"] == state, self.client.task(task)

    def let_the_lease_run_out(self, task: str) -> None:
        """Make it long ago that its worker was heard of, instead of waiting."""
        task_id = task.rpartition("/")[2]
        self.store.zadd("sysmon:leases", {task_id: 1})
        self.store.hset(f"sysmon:task:{task_id}", "suspected", 1)

    def processes(self) -> dict[int, Process]:
        """All that mention this folder, and the sessions of the programs that tasks run."""
        noted = (self.programs / "starts").read_text()
        sessions = {int(pid) for pid in re.findall(r" (\d+)$", noted, re.MULTILINE)}
        name = str(self.folder)
        everything = list(processes())
        mine = {
            one.pid for one in everything if name in one.command or name.encode() in one.environ
        }
        # A session's number may have become another's by now, whose leader is then none of ours.
        sessions -= {one.pid for one in everything if one.pid not in mine}
        return {one.pid: one for one in everything if one.pid in mine or one.session in sessions}

    def left_besides(self, *kept: Started) -> list[str]:
        """What still runs here besides these."""
        known = {one.popen.pid for one in kept}
        return [one.command for pid, one in self.processes().items() if pid not in known]

    def running(self, words: str) -> int:
        """How many processes here have these words in their command lines."""
        return sum(words in one.command for one in self.processes().values())

    def end(self) -> None:
        """Kill and reap what is left."""
        self.store.close()
        while left := self.processes():
            for pid in left:
                kill(pid)
        for one in self._started:
            one.popen.wait()


@contextlib.contextmanager
def new_site(**settings: object) -> Iterator[Site]:
    """A site with nothing on it yet."""
    with tempfile.TemporaryDirectory(prefix="sysmon-faults-") as name:
        site = Site(Path(name), **settings)
        try:
            yield site
        finally:
            site.end()
