"""`make run`: checks that nothing is in the way, then runs the parts until they are to stop."""

from __future__ import annotations

import gc

gc.disable()  # imports leave nothing to collect, and looking for it is a quarter of their time

# ruff: noqa: E402
import fcntl
import getpass
import os
import shutil
import socket
import sys
from pathlib import Path

import runner

from sysmon_core import settings
from sysmon_core.errors import SysmonError
from sysmon_core.settings import Settings

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run the parts on the settings of the environment; gives the exit status."""
    gc.enable()
    path = settings.config_file() or "development.ini"
    config = settings.load_file(path)
    if config.database_url:
        _refuse_unusable_database(config)
    _prepare_folder(config)
    _refuse_taken_addresses(config)
    os.environ.update(_variables(config, path))
    return runner.run()


def _variables(config: Settings, path: str) -> dict[str, str]:
    return {
        "SYSMON_CONFIG": str(Path(path).absolute()),
        "RUN_ROOT": str(ROOT),
        "RUN_VAR": str(config.var),
        "RUN_USER": getpass.getuser(),
        "RUN_BIN": str(Path(sys.executable).parent),
        "RUN_LAUNCHER": _launcher(config),
        "RUN_PRIVATE_REDIS": "false" if config.redis_url else "true",
        "RUN_REDIS_SERVER": _redis_server(config),
    }


def _launcher(config: Settings) -> str:
    """What has the kernel end a part whose runner was killed: Linux has it."""
    setpriv = shutil.which("setpriv", path=config.command_path)
    return f"{setpriv} --pdeathsig TERM --" if setpriv else ""


def _redis_server(config: Settings) -> str:
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name, path=config.command_path):
            return path
    if config.redis_url:
        return "none"
    raise SysmonError("redis-server is missing: run `make programs`, or set SYSMON_REDIS_URL")


def _refuse_unusable_database(config: Settings) -> None:
    """Where it is not ours: server and database step would say so both, and after the start."""
    from sysmon_core.database import Database  # noqa: PLC0415 - takes as long as all else here

    Database(config.database)


def _prepare_folder(config: Settings) -> None:
    try:
        config.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        config.var.chmod(0o700)
        (config.var / "redis").mkdir(mode=0o700, exist_ok=True)
        lock = os.open(config.var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SysmonError(f"The folder {config.var} cannot be used: {error.strerror}") from error
    _lock(config, lock)


def _lock(config: Settings, lock: int) -> None:
    """Take the folder for as long as this process lives; no program inherits the lock."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        reason = f"A sysmon runs in {config.var} already: stop it, or use another VAR"
        raise SysmonError(reason) from error


def _refuse_taken_addresses(config: Settings) -> None:
    for address in config.listen.split():
        host, _, port = address.rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind((host.strip("[]"), int(port)))
            except OSError as error:
                raise SysmonError(
                    f"{address} cannot be used ({error.strerror}): use another PORT"
                ) from error


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SysmonError as error:
        sys.exit(f"sysmon: {error}")
