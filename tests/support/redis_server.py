"""A Redis server for tests, in a folder of theirs."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from sysmon_core.testing import until

SERVERS = ("redis-server", "valkey-server")
CONFIG = str(Path(__file__).parents[2] / "config/redis.conf")


def server_program() -> str | None:
    """Where the Redis server of this host is, if there is one."""
    return next(filter(None, map(shutil.which, SERVERS)), None)


@contextlib.contextmanager
def started_redis(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A private redis-server with the configuration of `make run`, its socket in the folder."""
    program = server_program()
    if program is None:
        raise FileNotFoundError(f"Neither of {', '.join(SERVERS)} is on this host")
    place = ("--dir", str(folder), "--unixsocket", str(folder / "redis.sock"))
    server = subprocess.Popen([program, CONFIG, *options, *place])

    def answers() -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False

    try:
        with redis.Redis(unix_socket_path=str(folder / "redis.sock")) as client:
            until(answers)
        yield server
    finally:
        server.send_signal(signal.SIGCONT)
        server.kill()
        server.wait()
