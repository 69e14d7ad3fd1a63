"""Listening sockets at the addresses of the setting ``listen``."""

from __future__ import annotations

import errno
import re
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sysmon_core.errors import ConfigurationError
from sysmon_core.server.options import Options

BACKLOG = 2048  # connections that wait to be accepted; net.core.somaxconn may allow fewer
UNIX = "unix:"
ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:]+):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Listener:
    """A listening socket, and its address as a URL or as ``unix:/path``."""

    socket: socket.socket
    name: str

    @property
    def is_unix(self) -> bool:
        """Whether it is a Unix socket."""
        return self.name.startswith(UNIX)

    def remove(self) -> None:
        """Remove the file of a Unix socket."""
        if self.is_unix:
            Path(self.name.removeprefix(UNIX)).unlink(missing_ok=True)


def listeners(listen: str, options: Options) -> list[Listener]:
    """Listen at each address, ``host:port`` or ``unix:/path``, separated by spaces.

    A host name may have several addresses; ``*`` stands for all of this host.

    Raises:
        ConfigurationError: an address is malformed, in use, or not one of this host.
    """
    found: list[Listener] = []
    for word in listen.split():
        try:
            found += _unix(word) if word.startswith(UNIX) else _tcp(word)
        except (OSError, ValueError) as error:
            for one in found:
                one.socket.close()
            raise ConfigurationError(
                f"The server cannot listen on {word}, as the setting listen says: {error}"
            ) from None
    if not found:
        raise ConfigurationError("The setting listen names no address: say 127.0.0.1:6543")
    for one in found:
        _limit_sending(one.socket, options.send_timeout)
    return found


def _tcp(word: str) -> Iterator[Listener]:
    match = ADDRESS.fullmatch(word)
    if match is None or int(match["port"]) > 65535:
        raise ValueError("write it as 127.0.0.1:6543, [::1]:6543 or unix:/run/sysmon.sock")
    host = None if match["host"] == "*" else match["host"].strip("[]")
    kinds = socket.getaddrinfo(
        host, int(match["port"]), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    for family, address in dict.fromkeys((kind[0], kind[4][:2]) for kind in kinds):
        made = socket.create_server(address, family=family, backlog=BACKLOG)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shown, port = made.getsockname()[:2]
        yield Listener(
            made, f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
        )


def _unix(word: str) -> Iterator[Listener]:
    """Listen at a path. The umask sets the socket's mode: those who may write to it are clients."""
    path = Path(unquote(word.removeprefix(UNIX)))
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
        path.unlink()  # left by a server that was killed
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(path))
    except OSError:
        made.close()
        raise
    made.listen(BACKLOG)
    yield Listener(made, f"{UNIX}{path}")


def _answers(path: Path) -> bool:
    """Whether a process listens at the path; a time-out or a refused permission counts as one."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(str(path)) != errno.ECONNREFUSED


def _limit_sending(listener: socket.socket, seconds: float) -> None:
    """Have the kernel close connections whose client reads nothing; they inherit this (tcp(7))."""
    if listener.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
