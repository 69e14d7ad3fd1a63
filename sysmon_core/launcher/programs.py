"""The command line of each part of sysmon, the only place where it is written."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings import Settings

WORKER_SHUTDOWN_SECONDS = 8  # for running tasks, which fail after that
REDIS_PROGRAMS = ("redis-server", "valkey-server")
REDIS_CONFIGURATION = Path(__file__).with_name("redis.conf")

# -P: like installed scripts, do not import from the current folder.
PYTHON_MODULE = (sys.executable, "-P", "-m")


def server(ini: str) -> list[str]:
    """Return the command of the server: ``pserve`` with an ini file."""
    return [*PYTHON_MODULE, "sysmon_core.server.pserve", ini]


def worker(config: Settings) -> list[str]:
    """Return the command of a worker: one ``dramatiq`` process, which logs as the ini file says."""
    options = {
        "--processes": 1,
        "--threads": config.worker_threads,
        "--worker-shutdown-timeout": WORKER_SHUTDOWN_SECONDS * 1000,  # milliseconds
    }
    words = [str(word) for pair in options.items() for word in pair]
    return [*PYTHON_MODULE, "dramatiq", "sysmon_core.worker:setup", *words, "--skip-logging"]


def redis(config: Settings) -> list[str]:
    """Return the command of the private Redis, which listens on a socket in the state folder.

    Raises:
        ConfigurationError: this host has no Redis.
    """
    return [
        *(redis_program(config), str(REDIS_CONFIGURATION)),
        *("--dir", str(config.var / "redis")),
        *("--unixsocket", str(config.redis_socket)),
        *("--logfile", str(redis_log(config))),
    ]


def redis_log(config: Settings) -> Path:
    """Return the path of the private Redis' log."""
    return config.var / "redis.log"


def redis_program(config: Settings) -> str:
    """Return the path of the Redis server of this host, or of Valkey.

    Raises:
        ConfigurationError: this host has neither.
    """
    for name in REDIS_PROGRAMS:
        if path := shutil.which(name, path=config.command_path):
            return path
    raise ConfigurationError(
        "redis-server is missing: install it (apt-get install redis-server, dnf install valkey, "
        "brew install redis), or set SYSMON_REDIS_URL to a Redis of your own"
    )


def supervised(config: Settings, ini: str) -> dict[str, str]:
    """Return the variables of supervisord.conf; commands are quoted as for a shell."""
    end_with_parent = _end_with_parent(config)

    def line(*command: str) -> str:
        return shlex.join([*end_with_parent, *command])

    return {
        "var": str(config.var),
        "private_redis": "false" if config.redis_url else "true",
        "redis": "none" if config.redis_url else line(*redis(config)),
        "worker": line(*worker(config)),
        "server": line(*server(ini), "--quiet"),
        "welcome": line("nice", *PYTHON_MODULE, "sysmon_core", "welcome"),
    }


def _end_with_parent(config: Settings) -> Sequence[str]:
    """Return a prefix that has the kernel end a part when its parent is killed (Linux only)."""
    setpriv = shutil.which("setpriv", path=config.command_path)
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
