"""Addresses of clients: one spelling for each, and the network that counts as one client."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

NETWORK_BITS = 64  # of an IPv6 address: whoever has one has all of its network
REMEMBERED = 256  # spellings: behind a proxy its own comes with each request

# With a port an address of version 6 stands in brackets (RFC 3986, 3.2.2); a link-local one may
# have a zone, which means something on its own host alone (RFC 4007, 11).
SPELLING = re.compile(
    r"(?P<four>[0-9.]{7,15})(:[0-9]{1,5})?"
    r"|(?P<six>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)(%[A-Za-z0-9._~-]+)?"
    r"|\[(?P<boxed>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)(%[A-Za-z0-9._~-]+)?\](:[0-9]{1,5})?"
)


@lru_cache(REMEMBERED)
def canonical(text: str) -> str | None:
    """The one spelling of an address, without port and zone, or None if it is no address.

    An IPv4 address that is written as one of version 6 (``::ffff:192.0.2.7``, as a socket for both
    versions tells it) is that IPv4 address.
    """
    match = SPELLING.fullmatch(text)
    try:
        address = ip_address(match["four"] or match["six"] or match["boxed"]) if match else None
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address) if address else None


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the network of 64 bits of an IPv6 address.

    What is no address, as the client of a Unix socket has none, counts by itself.
    """
    known = canonical(address)
    if known is None or ":" not in known:
        return known or address
    return str(IPv6Network((known, NETWORK_BITS), strict=False))
