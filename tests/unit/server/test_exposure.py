from __future__ import annotations

import pytest

from sysmon_core.server.exposure import exposure
from tests.conftest import MakeSettings


@pytest.mark.parametrize(
    "listen",
    [
        *("127.0.0.1:6543", "localhost:1", "[::1]:6543", "127.0.0.9:1 [::1]:2"),
        *("unix:/run/sysmon.sock", "unix:/run/a 127.0.0.1:1"),
    ],
)
def test_nothing_stands_open_on_loopback(listen: str, make_settings: MakeSettings) -> None:
    assert exposure(make_settings(listen=listen)) is None


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:6543", "[::]:6543", "*:6543", "127.0.0.1:1 192.0.2.1:1", "mon.example:80"]
)
def test_what_stands_open_on_other_addresses_is_told(
    listen: str, make_settings: MakeSettings
) -> None:
    told = exposure(make_settings(listen=listen))
    assert told
    assert "127.0.0.1" not in told
    assert "v1 and v2 may be asked by all" in told
    assert "passwords cross" in told


def test_what_is_closed_is_not_told_to_be_open(make_settings: MakeSettings) -> None:
    anywhere = {"listen": "0.0.0.0:6543"}
    assert exposure(make_settings(**anywhere, trusted_proxies="192.0.2.7")) is None
    for closed in ({"private": True}, {"versions": "v3"}):
        told = exposure(make_settings(**anywhere, **closed))
        assert told
        assert "may be asked by all" not in told
        assert "passwords cross" in told
    told = exposure(make_settings(**anywhere, versions="v2"))
    assert told
    assert "v2 may be asked by all" in told
