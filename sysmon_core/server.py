"""Waitress as ``pserve`` starts it: where the settings say, with connections of our own kind."""

from __future__ import annotations

import ipaddress
import logging
import socket
from configparser import RawConfigParser
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments
from waitress.server import create_server

from sysmon_core import settings
from sysmon_core.channel import Channel, Dispatcher
from sysmon_core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIApplication

    from sysmon_core.settings import Settings

THREADS = 4  # as is waitress's own default

logger = logging.getLogger(__name__)


def serve(
    app: WSGIApplication, global_conf: dict[str, str], reuse_port: str = "false", **options: str
) -> int:
    """The runner named in the ini file's ``[server:main]``; ``options`` are waitress's own.

    The address is the setting ``listen`` and the largest body is ``body_limit``, so that the
    server and the application cannot disagree. With ``reuse_port`` several processes serve there.

    Raises:
        ConfigurationError: it cannot listen there, or an option is wrong or none of waitress's.
    """
    config = settings.load_file(global_conf["__file__"])
    if found := exposure(config):
        logger.warning("%s", found)
    known: dict[str, Any] = {
        "max_request_body_size": config.body_limit + 1,  # waitress refuses what is as large
        "clear_untrusted_proxy_headers": False,  # the front door knows whom to trust
    }
    shares, listen = _is_true(reuse_port), config.listen
    try:
        known |= {"sockets": shared(listen, options)} if shares else {"listen": listen}
        dispatcher = Dispatcher(int(options.get("threads", THREADS)))
        server = create_server(app, _dispatcher=dispatcher, **known, **options)
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"The server cannot listen on {listen} as the ini file says: {error}"
        ) from error
    for one in [server, *getattr(server, "map", {}).values()]:  # with several addresses, several
        one.channel_class = Channel
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0


def _is_true(reuse_port: str) -> bool:
    try:
        return RawConfigParser.BOOLEAN_STATES[reuse_port.lower()]
    except KeyError:
        raise ConfigurationError(
            f"The option reuse_port of the server is wrong: say true or false, not {reuse_port!r}"
        ) from None


def shared(listen: str, options: Mapping[str, str]) -> list[socket.socket]:
    """Sockets at these addresses, at which other processes of this user may have theirs.

    The kernel deals connections out to all of them (SO_REUSEPORT, socket(7)).

    Raises:
        ValueError: an address or an option is wrong, or this platform has no such sockets.
        OSError: somebody listens there who does not share.
    """
    addresses = Adjustments(listen=listen, **options).listen  # as waitress itself reads them
    return [
        socket.create_server(address, family=family, reuse_port=True)
        for family, _, _, address in addresses
    ]


def exposure(config: Settings) -> str | None:
    """What stands open to a network that this server listens on without a proxy, in a sentence."""
    hosts = [address.rpartition(":")[0].strip("[]") for address in config.listen.split()]
    open_to = [host for host in hosts if not _is_loopback(host)]
    if not open_to or config.trusted_proxies:
        return None
    public = [] if config.private else [name for name in config.versions.split() if name != "v3"]
    free = f"{' and '.join(public)} may be asked by all who reach it, and " if public else ""
    return (
        f"The server listens on {', '.join(open_to)} and no proxy is trusted: {free}passwords "
        "cross the network as they are. Put a proxy with TLS before it, and name it in "
        "trusted_proxies"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
