"""What the live tests share: a state folder with a port, the processes on it, and a client."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from tests.conftest import PATIENCE, ROOT, until

BIN = ROOT / ".venv/bin"
HOST = "127.0.0.1"
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PORTS = range(20000, 32000)  # below those that the kernel gives to outgoing connections


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def is_problem(answer: Answer, status: int) -> None:
    """Check that an answer is a problem, with all that a problem has."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    fields = answer.json
    assert set(fields) == {"type", "title", "status", "detail", "instance"}
    assert fields["status"] == status
    assert fields["title"] == http.client.responses[status]
    assert fields["detail"]
    assert fields["instance"] == answer.headers["X-Request-Id"]


class Client(NamedTuple):
    """Asks one server, by a connection per request; ``user`` is ``name:password``."""

    port: int
    host: str = HOST

    def __call__(
        self, method: str, path: str, user: str = "", fields: Mapping[str, Any] | None = None
    ) -> Answer:
        headers = {"Content-Type": "application/json"} if fields else {}
        if user:
            headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(fields) if fields else None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, path: str, user: str = "") -> Answer:
        return self("GET", path, user)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/").status == 200
        return False

    def submit(self, count: int = 1) -> str:
        """The path of a new task: ``count`` reports of iostat, a second apart."""
        made = self("POST", f"/v2/iostat/?count={count}")
        assert made.status == 201, made
        return str(made.headers["Location"])

    def state(self, task: str) -> str:
        return str(self.get(task).json["state"])

    def finished(self) -> str:
        """The path of a new task that has succeeded."""
        task = self.submit()
        until(lambda: self.state(task) not in {"QUEUED", "STARTED"})
        assert self.state(task) == "SUCCESS", self.get(task)
        return task


class Process(NamedTuple):
    pid: int
    parent: int
    command: str
    environ: str


def processes() -> Iterator[Process]:
    """All that run on this machine and may be looked at; zombies do not run."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            command, environ = (
                (place / name).read_bytes().decode("utf-8", "replace").replace("\0", " ").strip()
                for name in ("cmdline", "environ")
            )
            if state not in "ZX":
                yield Process(int(place.name), int(parent), command, environ)


def listening(pid: int) -> set[str]:
    """The addresses of a process's listening TCP sockets, in the kernel's hexadecimal."""
    links = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    tables = [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links}


class Started(NamedTuple):
    """A process in a session of its own, and where it prints."""

    popen: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        return self.output.read_text()

    def up(self, ready: Callable[[], bool] | None = None) -> Self:
        """Wait until it is, by default until it prints a welcome; fail at once if it ends."""
        there = ready or (lambda: "curl --user admin" in self.printed())
        until(lambda: self.popen.poll() is not None or there(), 60)
        assert self.popen.poll() is None, self.printed()
        return self

    def wait(self) -> int:
        return self.popen.wait(PATIENCE)


class Site:
    """A state folder and a port, and what a test starts on them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.var = folder / "var"
        # So many reports take hours, and only an iostat of this site is asked for them.
        self.endless = f"iostat -d 1 {port}"
        self.client = Client(port)
        self._started: list[Started] = []

    def environ(self, **more: str) -> dict[str, str]:
        """The whole environment of a process here; nothing is inherited."""
        return {
            "PATH": SEARCH_PATH,
            "HOME": str(self.folder),
            "SYSMON_CONFIG": str(ROOT / "development.ini"),
            "SYSMON_VAR": str(self.var),
            "SYSMON_LISTEN": f"{HOST}:{self.port}",
        } | more

    def start(self, *words: object, environ: dict[str, str] | None = None) -> Started:
        output = self.folder / f"{len(self._started)}.log"
        with output.open("wb") as file:
            popen = subprocess.Popen(
                [str(word) for word in words],
                cwd=ROOT,
                env=environ or self.environ(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(Started(popen, output))
        return self._started[-1]

    def make_run(self) -> Started:
        """``make run`` as typed, up; but .venv, out of which the tests run, is left as it is."""
        words = ("make", "--old-file=.venv/.made", "run", f"PORT={self.port}", f"VAR={self.var}")
        return self.start(*words, environ={"PATH": SEARCH_PATH, "HOME": str(self.folder)}).up()

    def run(self, **more: str) -> Started:
        """The last step of ``make run`` alone; it may not be up yet."""
        return self.start(BIN / "sysmon", "start", environ=self.environ(**more))

    def pserve(self, **environ: str) -> Started:
        """A server alone, that answers."""
        words = (BIN / "pserve", ROOT / "development.ini")
        return self.start(*words, environ=self.environ(**environ)).up(self.client.answers)

    def pserve_with(self, *options: str) -> Started:
        """The same with other options of the server, each a line of the ini file."""
        ini = self.folder / "options.ini"
        lines = "\n".join(["use = egg:sysmon#granian", *options])
        text = (ROOT / "development.ini").read_text().replace("processes = 1\n", "")
        ini.write_text(text.replace("use = egg:sysmon#granian", lines))
        return self.start(BIN / "pserve", ini).up(self.client.answers)

    def worker(self, threads: int = 8) -> Started:
        """A worker alone; it may not be ready yet."""
        environ = self.environ(SYSMON_WORKER_THREADS=str(threads))
        return self.start(BIN / "sysmon", "worker", environ=environ)

    def said(self, *words: object, typed: str = "", **environ: str) -> str:
        """What a command prints that ends, and well."""
        command, env = [str(word) for word in words], self.environ(**environ)
        return subprocess.check_output(command, env=env, input=typed, text=True)

    def busy(self) -> str:
        """The path of a task that runs for hours, its iostat started."""
        before = self.pids(self.endless)
        task = self.client.submit(self.port)
        until(lambda: len(self.pids(self.endless)) > len(before))
        return task

    def processes(self) -> dict[int, Process]:
        """All that mention this folder, their descendants, and each iostat of this site."""
        everything, name = list(processes()), str(self.folder)
        mine = [p for p in everything if name in p.command + p.environ or self.endless in p.command]
        found = {one.pid: one for one in mine}
        while more := [p for p in everything if p.parent in found and p.pid not in found]:
            found |= {one.pid: one for one in more}
        return found

    def pids(self, words: str) -> list[int]:
        """The processes here with these words in their command lines."""
        return sorted(pid for pid, one in self.processes().items() if words in one.command)

    def end(self, words: str = "") -> None:
        """Kill and reap what is left here, or what has these words in its command line."""
        while left := self.pids(words):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for one in self._started:
            if words in str(one.popen.args):
                one.wait()


@contextlib.contextmanager
def new_site() -> Iterator[Site]:
    """A site with nothing on it; its port is kept from other runs of these tests."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are told apart by /proc")
    with contextlib.ExitStack() as stack:
        port = _reserved_port(stack)
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-live-"))
        site = Site(Path(name), port)
        stack.callback(site.end)
        yield site


def _reserved_port(stack: contextlib.ExitStack) -> int:
    while True:
        port = random.choice(PORTS)
        claim = stack.enter_context(socket.socket(socket.AF_UNIX))
        with contextlib.suppress(OSError), socket.socket() as probe:
            claim.bind(f"\0sysmon-live-{port}")  # an abstract socket: gone with this process
            probe.bind((HOST, port))
            return port


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the test's own."""
    with new_site() as one:
        yield one
