"""Checks the state folder, addresses, Redis, the database's URL and plugins before the start."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sysmon_core.errors import ConfigurationError, SysmonError
from sysmon_core.launcher import plugins, programs
from sysmon_core.server.listeners import UNIX, listeners
from sysmon_core.server.options import Options
from sysmon_core.settings import Settings


def check(config: Settings) -> None:
    """Make and lock the state folder, and check what each part needs in order to start.

    The lock is held until this process ends; no child process inherits it.

    Raises:
        SysmonError: the database's URL, the folder or an address cannot be used, another sysmon
            runs in the folder, this host has no Redis, or a plugin is at fault.
    """
    if config.database_url:
        _check_database(config)
    if not config.redis_url:
        programs.redis_program(config)
    _lock(config, _make_folder(config))
    _check_addresses(config)
    plugins.check(config)


def _check_database(config: Settings) -> None:
    """Check the URL here, since the server and the migration would both report it, later."""
    from sysmon_core.database import Database  # noqa: PLC0415 - slow, and seldom needed

    Database(config.database)


def _make_folder(config: Settings) -> int:
    """Make the state folder with mode 0700; return the file descriptor of its lock."""
    try:
        config.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_shared(config.var)
        config.var.chmod(0o700)
        (config.var / "redis").mkdir(mode=0o700, exist_ok=True)
        return os.open(config.var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SysmonError(
            f"The folder {config.var} cannot be used ({error.strerror}): "
            "name another in SYSMON_VAR (make run: VAR)"
        ) from error


def _refuse_shared(folder: Path) -> None:
    """Refuse a folder that others use, as /tmp is, instead of closing it to them."""
    ours = any((folder / name).exists() for name in ("lock", "sysmon.sqlite"))
    if folder.stat().st_mode & 0o077 and any(folder.iterdir()) and not ours:
        raise SysmonError(
            f"The folder {folder} has files of other programs, and is open to other users: "
            "name another in SYSMON_VAR (make run: VAR)"
        )


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
    words = [word for word in config.listen.split() if not word.startswith(UNIX)]
    if not all(int(word.rpartition(":")[2]) for word in words):
        raise SysmonError(
            f"The server would listen at {config.listen} on any port, which no client could know: "
            "name a port in SYSMON_LISTEN (make run: PORT)"
        )
