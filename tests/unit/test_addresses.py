"""Addresses: all spellings of one are the same client."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.addresses import canonical, is_local, network

SPELLINGS = {
    "192.0.2.7": [
        "192.0.2.7",
        "192.0.2.7:567",
        "::ffff:192.0.2.7",
        "::FFFF:192.0.2.7",
        "::ffff:c000:207",
        "0:0:0:0:0:ffff:192.0.2.7",
        "[::ffff:192.0.2.7]",
        "[::ffff:192.0.2.7]:80",
    ],
    "2001:db8::7": [
        "2001:db8::7",
        "2001:DB8::7",
        "2001:0db8:0:0:0:0:0:7",
        "[2001:db8::7]",
        "[2001:DB8::7]:65535",
    ],
    "fe80::1": ["fe80::1", "fe80::1%eth0", "FE80::1%2", "[fe80::1%eth0.1]:80", "fe80::1%25eth0"],
    "::1": ["::1", "[::1]:80", "0::1"],
    "0.0.0.0": ["0.0.0.0", "::ffff:0:0"],
    "::": ["::", "[::]:80"],
}
NETWORKS = {
    "192.0.2.7": ["192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7:567"],
    "192.0.2.8": ["192.0.2.8"],
    "2001:db8::/64": [
        "2001:db8::",
        "2001:db8::7",
        "2001:DB8::ffff:ffff:ffff:ffff",
        "[2001:db8::1]:80",
    ],
    "2001:db8:0:1::/64": ["2001:db8:0:1::7"],
    "": [""],
    "localhost": ["localhost"],
}
NONE = ["", "unknown", "localhost", "192.0.2", "192.0.2.256", "192.0.2.07", "1.2.3.4:", "1.2.3.4:x"]
NONE += ["192.0.2.7 ", "192.0.2.7\n", "192.0.2.7, 192.0.2.8", "192.0.2.7%eth0", "[192.0.2.7]:80:"]
NONE += ["192.0.2.\u0667", ":", "1::2::3", "[::1", "::1]", "[::1]80", "::1%", "::1%a b", "_hidden"]
NONE += ["[::1]:999999", "192.0.2.7:80\r\nX: y", "192.0.2.7/32", "1" * 99]


@pytest.mark.parametrize(
    ("spelling", "address"), [(one, name) for name, all_ in SPELLINGS.items() for one in all_]
)
def test_an_address_has_one_spelling(spelling: str, address: str) -> None:
    assert canonical(spelling) == address


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_has_none(text: str) -> None:
    assert canonical(text) is None


@pytest.mark.parametrize(
    ("address", "expected"), [(one, name) for name, all_ in NETWORKS.items() for one in all_]
)
def test_a_network_is_one_client(address: str, expected: str) -> None:
    assert network(address) == expected


@given(
    st.ip_addresses() | st.integers(0, 2**32 - 1).map(lambda low: IPv6Address(0xFFFF << 32 | low))
)
def test_the_one_spelling_is_its_own(address: IPv4Address | IPv6Address) -> None:
    spelling = canonical(str(address))
    assert spelling is not None
    assert canonical(spelling) == spelling
    exploded = address.exploded
    assert canonical(exploded) == canonical(f"[{exploded}]:80" if ":" in exploded else exploded)


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert (known := canonical(text)) is None or canonical(known) == known


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_who_is_on_this_host(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "0.0.0.0", "::", "::2", "1.0.0.127", "localhost"])
def test_who_is_not_or_cannot_be_known(address: str) -> None:
    assert not is_local(address)
