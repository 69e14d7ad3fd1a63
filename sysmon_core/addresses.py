"""Addresses of clients: their canonical form, and the network that counts as one client."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

UNIX = "unix"  # stands in settings for the clients of a Unix socket, which have no address
NETWORK_BITS = 64  # of an IPv6 address: a host can use all addresses of its /64 network
CACHED_ADDRESSES = 256  # behind a proxy, the proxy's own address comes with each request

# An IPv6 address with a port is in brackets (RFC 3986, 3.2.2); a link-local one may have a zone,
# which is meaningful on its own host only (RFC 4007, 11).
ADDRESS = re.compile(
    r"(?P<ipv4>[0-9.]{7,15})(:[0-9]{1,5})?"
    r"|(?P<ipv6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)(%[A-Za-z0-9._~-]+)?"
    r"|\[(?P<bracketed>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)(%[A-Za-z0-9._~-]+)?\](:[0-9]{1,5})?"
)


@lru_cache(CACHED_ADDRESSES)
def canonical(text: str) -> str | None:
    """Return an address in canonical form, without port and zone, or None if it is no address.

    An IPv4-mapped IPv6 address (``::ffff:192.0.2.7``, as a dual-stack socket reports it) becomes
    the IPv4 address.
    """
    match = ADDRESS.fullmatch(text)
    try:
        address = (
            ip_address(match["ipv4"] or match["ipv6"] or match["bracketed"]) if match else None
        )
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address) if address else None


@lru_cache(CACHED_ADDRESSES)
def is_local(address: str) -> bool:
    """Whether a client is on this host: its address is a loopback one, or it has none."""
    known = canonical(address)
    return not address or (known is not None and ip_address(known).is_loopback)


def network(address: str) -> str:
    """Return the address or network that counts as one client: of IPv6, the /64 network.

    A text that is no address, as for the client of a Unix socket, is returned unchanged.
    """
    known = canonical(address)
    if known is None or ":" not in known:
        return known or address
    return str(IPv6Network((known, NETWORK_BITS), strict=False))
