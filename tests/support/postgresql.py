"""A private PostgreSQL server: its own folder, no TCP, no fsync, ended with the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian
    "/opt/homebrew/opt/postgresql*/bin",
)
# Not the locale of code points: lists in their order are so because they ask for it.
INITDB = "--auth=trust --no-sync --encoding=UTF8 --locale-provider=icu --icu-locale=en-US"
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "log_min_messages": "panic",
}
DATABASE = "postgres"
ENDS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
START_SECONDS = 30.0  # longer than a start takes


def _program(name: str) -> str:
    folders = [str(path) for place in PLACES for path in Path("/").glob(place[1:])]
    path = os.pathsep.join([*sorted(folders, reverse=True), os.environ.get("PATH", "")])
    program = shutil.which(name, path=path)
    assert program, f"{name} is missing: make test-programs"
    return program


def _owner() -> dict[str, Any]:
    """Options of subprocess for the user that runs the server: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Cluster:
    """A server that can be started, stopped and killed, and the databases on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.owner = folder, _owner()
        self.user = "sysmon"
        if self.owner:
            os.chown(folder, self.owner["user"], self.owner["group"])
        command = [_program("initdb"), "-D", self._data, "-U", self.user, *INITDB.split()]
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **self.owner, timeout=60
        )
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self, **options: str) -> None:
        """Start it and wait until it answers."""
        settings = OPTIONS | {"unix_socket_directories": str(self.folder)} | options
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [_program("postgres"), "-D", self._data, *words]
        self.server = subprocess.Popen(command, cwd=self.folder, **self.owner)
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.server.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < end, "PostgreSQL does not answer"
            time.sleep(0.02)

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.run("SELECT 1"))
        return False

    def run(self, sql: str) -> list[Any]:
        """Run one statement on a connection of its own; its rows."""
        address = f"host={self.folder} user={self.user} dbname={DATABASE} connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def processes(self) -> list[int]:
        """The server and its backends."""
        assert self.server
        found = [self.server.pid]
        for path in Path(f"/proc/{self.server.pid}/task").glob("*/children"):
            found += [int(pid) for pid in path.read_text().split()]
        return found

    def signal(self, number: int) -> None:
        """Send a signal to the server and each of its backends."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End it as a crash would, and wait until no backend is left."""
        if self.server is not None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self.server.wait()
            self.server = None

    def stop(self) -> None:
        """Stop it in order (PostgreSQL's fast shutdown): nothing needs recovery."""
        assert self.server
        self.server.send_signal(signal.SIGINT)
        self.server.wait()
        self.server = None

    def url(self, **options: str) -> str:
        """The URL of the cluster's one database, these options for the server in it."""
        words = " ".join(f"-c {name}={value}" for name, value in options.items())
        return f"postgresql+psycopg://{self.user}@/{DATABASE}?host={self.folder}&options={quote(words)}"

    @contextlib.contextmanager
    def schema(self) -> Iterator[str]:
        """The name of a new, empty schema; at the end all connections are closed.

        To make a database for each test would take half a second each.
        """
        name = f"test_{uuid.uuid4().hex}"
        self.run(f"CREATE SCHEMA {name}")
        try:
            yield name
        finally:
            self.run(ENDS)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty schema, used as a database."""
        with self.schema() as name:
            yield self.url(search_path=name)


@contextlib.contextmanager
def started_postgresql(**options: str) -> Iterator[Cluster]:
    """A server that a test may stop and kill."""
    with tempfile.TemporaryDirectory(prefix="sysmon-pg-") as name:
        cluster = Cluster(Path(name))
        try:
            cluster.start(**options)
            yield cluster
        finally:
            cluster.kill()
