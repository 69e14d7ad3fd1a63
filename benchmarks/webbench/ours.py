"""How our own server is started: what only this module knows, whatever serves."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.environments import ROOT
from benchmarks.common.processes import Process, free_port
from benchmarks.webbench.server import HOST, Server

BIN = Path(sys.executable).parent
USER, PASSWORD = "root", "correct horse battery staple"


@dataclass(frozen=True)
class Site:
    """A folder of state and a database of a Redis; servers and a worker may run on them."""

    folder: Path
    redis_url: str

    @property
    def database(self) -> int:
        """The number of its database of Redis."""
        return int(self.redis_url.rpartition("=")[2])

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of all that is ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYSMON_")}
        return kept | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",  # of this checkout, whatever is installed
            "SYSMON_CONFIG": str(ROOT / "production.ini"),
            "SYSMON_VAR": str(self.folder),
            "SYSMON_REDIS_URL": self.redis_url,
            **(more or {}),
        }

    def prepare(self, more: Mapping[str, str] | None = None) -> None:
        """Make the users' database, and an admin in it."""
        self.folder.mkdir(exist_ok=True)
        self.command("database", "upgrade", more=more)
        words = ("user", "add", USER, "--admin", "--password-file", "-")
        self.command(*words, typed=PASSWORD, more=more)

    def command(self, *words: str, typed: str = "", more: Mapping[str, str] | None = None) -> None:
        """Run the sysmon command."""
        subprocess.run(  # noqa: S603 - our own words
            [str(BIN / "sysmon"), *words],
            env=self.environ(more),
            input=typed,
            text=True,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def server(self, processes: int = 1, more: Mapping[str, str] | None = None) -> Server:
        """Return a server on production.ini, its log of requests in a file."""
        port = free_port()
        ini = self.folder / f"{port}.ini"
        _write_ini(ini, processes)
        words = [str(BIN / "pserve"), "--quiet", str(ini)]
        environ = self.environ(more) | {"SYSMON_LISTEN": f"{HOST}:{port}"}
        return Server(port, words, environ, self.folder / f"{port}.log")

    def worker(self, more: Mapping[str, str] | None = None) -> Process:
        """Return a worker, as `make run` has it."""
        words = [str(BIN / "sysmon"), "worker"]
        return Process(words, self.environ(more), self.folder / "worker.log")


def _write_ini(path: Path, processes: int) -> None:
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "production.ini")
    parser["server:main"]["processes"] = str(processes)
    with path.open("w") as file:
        parser.write(file)
