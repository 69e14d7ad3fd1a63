"""A site: a state folder, the processes that a test starts on it, and a client of its server."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_core.testing import until
from tests.support.client import HOST, Client
from tests.support.processes import Process, Started, kill, processes, started

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PORTS = range(20000, 32000)  # below those that the kernel gives to outgoing connections
# What is started ends even if the tests are killed; only Linux can do that.
LAUNCHER = ("setpriv", "--pdeathsig", "KILL", "--") if sys.platform == "linux" else ()


class Site:
    """Starts servers, workers and commands on one state folder.

    Args:
        port: where its servers listen; 0 for one that the kernel chooses.
        settings: by name; each process here gets them.
    """

    def __init__(self, folder: Path, port: int, **settings: object) -> None:
        self.folder, self.port = folder, port
        self.var = folder / "var"
        self.settings = settings
        self.cwd = ROOT
        # An iostat of so many reports runs for hours, and its command line names this site.
        self.endless = f"iostat -d 1 {port}"
        self.client = Client(lambda: self.port)
        self._started: list[Started] = []

    def environ(self, **settings: object) -> dict[str, str]:
        """The whole environment of a process here; nothing is inherited."""
        own = {
            "config": ROOT / "development.ini",
            "var": self.var,
            "listen": f"{HOST}:{self.port}",
        }
        given = own | self.settings | settings
        variables = {f"SYSMON_{name.upper()}": str(value) for name, value in given.items()}
        return {"PATH": SEARCH_PATH, "HOME": str(self.folder)} | variables

    def start(self, *words: object, environ: dict[str, str] | None = None) -> Started:
        """Start a command, in the site's environment unless another is given."""
        output = self.folder / f"{len(self._started)}.log"
        command = (*LAUNCHER, *words)
        self._started.append(started(command, environ or self.environ(), self.cwd, output))
        return self._started[-1]

    def make_run(self) -> Started:
        """``make run``, up; it leaves .venv, in which the tests run, as it is."""
        words = ("make", "--old-file=.venv/.made", "run")
        environ = {"PATH": SEARCH_PATH, "HOME": str(self.folder)}
        return welcomed(self.start(*words, f"PORT={self.port}", f"VAR={self.var}", environ=environ))

    def run(self, **settings: object) -> Started:
        """The last step of ``make run``; it may not be up yet."""
        return self.start(BIN / "sysmon", "start", environ=self.environ(**settings))

    def booting_server(self, ini: Path = ROOT / "development.ini", **settings: object) -> Started:
        """A server that may not listen yet."""
        return self.start(BIN / "pserve", ini, environ=self.environ(**settings))

    def server(self, ini: Path = ROOT / "development.ini", **settings: object) -> Started:
        """A server that answers."""
        return self.booting_server(ini, **settings).up(self.client.answers)

    def server_with(self, *options: str) -> Started:
        """A server with these lines in the section of its ini file."""
        ini = self.folder / "options.ini"
        lines = "\n".join(["use = egg:sysmon#granian", *options])
        text = (ROOT / "development.ini").read_text().replace("processes = 1\n", "")
        ini.write_text(text.replace("use = egg:sysmon#granian", lines))
        return self.server(ini)

    def worker(self, threads: int | None = 8, **settings: object) -> Started:
        """A worker that may not be ready yet; None for the default number of threads."""
        own = {} if threads is None else {"worker_threads": threads}
        return self.start(BIN / "sysmon", "worker", environ=self.environ(**own, **settings))

    def said(self, *words: object, typed: str = "", **settings: object) -> str:
        """What a command prints; it must succeed."""
        environ = self.environ(**settings)
        return subprocess.check_output([*map(str, words)], env=environ, input=typed, text=True)

    def busy(self) -> str:
        """The path of a new task that runs for hours, its iostat started."""
        before = self.pids(self.endless)
        task = self.client.submit(count=self.port)
        until(lambda: len(self.pids(self.endless)) > len(before))
        return task

    def processes(self) -> dict[int, Process]:
        """All processes of this site, by their ids."""
        return self.owned(list(processes()))

    def owned(self, everything: list[Process]) -> dict[int, Process]:
        """Those that mention its folder, their descendants, and each endless iostat."""
        name = str(self.folder)
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
                kill(pid)
        for one in self._started:
            if words in str(one.popen.args):
                one.wait()


def welcomed(copy: Started) -> Started:
    """Wait until ``make run`` has printed its welcome."""
    return copy.up(lambda: "curl --user admin" in copy.printed())


@contextlib.contextmanager
def new_site(**settings: object) -> Iterator[Site]:
    """A site with nothing on it; other runs of these tests do not use its port."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are told apart by /proc")
    with contextlib.ExitStack() as stack:
        port = _reserved_port(stack)
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-live-"))
        site = Site(Path(name), port, **settings)
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
