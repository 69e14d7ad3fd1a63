"""Says what is exposed to the network where no proxy with TLS stands before the server."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sysmon_core.server.listeners import UNIX

if TYPE_CHECKING:
    from sysmon_core.settings import Settings


def exposure(config: Settings) -> str | None:
    """Return a warning if the server listens beyond loopback and trusts no proxy, else None."""
    words = [word for word in config.listen.split() if not word.startswith(UNIX)]
    open_to = [host for host in map(_host, words) if not _is_loopback(host)]
    if not open_to or config.trusted_proxies:
        return None
    public = [] if config.private else [name for name in config.versions.split() if name != "v3"]
    free = f"{' and '.join(public)} may be asked by all who reach it, and " if public else ""
    return (
        f"The server listens on {', '.join(open_to)} and no proxy is trusted: {free}passwords "
        "cross the network as they are. Put a proxy with TLS before it, and name it in "
        "trusted_proxies"
    )


def _host(word: str) -> str:
    return word.rpartition(":")[0].strip("[]")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
