"""Checks the state folder, the addresses, Redis and the database's URL before a part is started."""

from __future__ import annotations

import fcntl
import os

from sysmon_core.errors import ConfigurationError, SysmonError
from sysmon_core.launcher import programs
from sysmon_core.server.listeners import listeners
from sysmon_core.server.options import Options
from sysmon_core.settings import Settings


def check(config: Settings) -> None:
    """Make and lock the state folder, and check what each part needs in order to start.

    The lock is held until this process ends; no child process inherits it.

    Raises:
        SysmonError: the database's URL, the folder or an address cannot be used, another sysmon
            runs in the folder, or this host has no Redis.
    """
    if config.database_url:
        _check_database(config)
    if not config.redis_url:
        programs.redis_program(config)
    _lock(config, _make_folder(config))
    _check_addresses(config)


def _check_database(config: Settings) -> None:
    """Check the URL here, since the server and the migration would both report it, later."""
    from sysmon_core.database import Database  # noqa: PLC0415 - slow, and seldom needed

    Database(config.database)


def _make_folder(config: Settings) -> int:
    """Make the state folder with mode 0700; return the file descriptor of its lock."""
    try:
        config.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        config.var.chmod(0o700)
        (config.var / "redis").mkdir(mode=0o700, exist_ok=True)
        return os.open(config.var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SysmonError(
            f"The folder {config.var} cannot be used ({error.strerror}): "
            "name another in SYSMON_VAR (make run: VAR)"
        ) from error


def _lock(config: Settings, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise SysmonError(
            f"A sysmon runs in {config.var} already: "
            "stop it, or name another folder in SYSMON_VAR (make run: VAR)"
        ) from error


def _check_addresses(config: Settings) -> None:
    """Listen at the addresses of the server, and close the sockets again."""
    try:
        found = listeners(config.listen, Options())
    except ConfigurationError as error:
        raise SysmonError(
            f"{error}; name another address in SYSMON_LISTEN (make run: PORT)"
        ) from error
    for one in found:
        one.socket.close()
        one.remove()
