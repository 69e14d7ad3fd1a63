"""A Redis of the benchmark's own, as `make run` configures it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from benchmarks.common.environments import ROOT, program
from benchmarks.common.processes import PATIENCE, Process, until


@dataclass(frozen=True)
class PrivateRedis:
    """The server's process and its socket."""

    server: Process
    socket: Path

    def client(self, db: int) -> redis.Redis:
        """Return a client of one of its databases."""
        return redis.Redis(unix_socket_path=str(self.socket), db=db)

    def url(self, db: int) -> str:
        """Return the URL of one of its databases."""
        return f"unix://{self.socket}?db={db}"

    def answers(self) -> bool:
        """Whether it does."""
        self.server.check()
        try:
            return bool(self.client(0).ping())
        except redis.RedisError:
            return False


@contextlib.contextmanager
def private_redis(folder: Path) -> Iterator[PrivateRedis]:
    """One whose socket lies in the folder."""
    socket = folder / "redis.sock"
    command = [program("redis-server", "valkey-server"), str(ROOT / "config" / "redis.conf")]
    options = ["--dir", str(folder), "--unixsocket", str(socket)]
    found = PrivateRedis(Process([*command, *options], {}, folder / "redis.log"), socket)
    try:
        until(found.answers, "an answer of Redis", 0.01, PATIENCE)
        yield found
    finally:
        found.server.stop()
