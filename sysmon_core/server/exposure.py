"""The warning that the server is open to the network without a proxy for TLS before it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sysmon_core.api import versions
from sysmon_core.server.listeners import UNIX

if TYPE_CHECKING:
    from sysmon_core.settings import Settings


def exposure(config: Settings) -> str | None:
    """Return a warning if the server listens beyond loopback and trusts no proxy, else None."""
    words = [word for word in config.listen.split() if not word.startswith(UNIX)]
    open_to = [host for host in map(_host, words) if not _is_loopback(host)]
    if not open_to or config.trusted_proxies:
        return None
    served = [] if config.private else versions.load(config.versions)
    public = [one.name for one in served if not one.authenticated]
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
