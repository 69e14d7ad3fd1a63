from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from sysmon_core.errors import ConfigurationError
from sysmon_core.server import exposure, serve, shared
from tests.conftest import ROOT, MakeSettings


def application(*_: object) -> list[bytes]:
    return []


@pytest.fixture
def global_conf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What pserve tells a runner; the settings are production.ini's, at a port that is free."""
    monkeypatch.setenv("SYSMON_VAR", str(folder))
    monkeypatch.setenv("SYSMON_LISTEN", "127.0.0.1:0")
    return {"__file__": str(ROOT / "production.ini")}


@pytest.mark.parametrize(
    "listen", ["127.0.0.1:6543", "localhost:1", "[::1]:6543", "127.0.0.9:1 [::1]:2"]
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


def test_shared_sockets_stand_at_each_address_and_others_beside_them() -> None:
    with ExitStack() as stack:
        mine = [stack.enter_context(one) for one in shared("127.0.0.1:0 127.0.0.1:0", {})]
        places = [one.getsockname() for one in mine]
        listen = " ".join(f"{host}:{port}" for host, port in places)
        theirs = [stack.enter_context(one) for one in shared(listen, {})]
        assert [one.getsockname() for one in theirs] == places
        with pytest.raises(OSError, match="in use"):
            socket.create_server(places[0])


@pytest.mark.parametrize("options", [{"ipv5": "true"}, {"unix_socket": "/run/x"}])
def test_shared_sockets_are_only_made_with_options_of_waitress(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"adjustment|unix_socket"):
        shared("127.0.0.1:0", options)


@pytest.mark.parametrize("value", ["", "maybe", "2", "true "])
def test_whether_a_port_is_shared_is_said_clearly(value: str, global_conf: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        serve(application, global_conf, reuse_port=value)
    sentence = f"The option reuse_port of the server is wrong: say true or false, not {value!r}"
    assert str(raised.value) == sentence


def test_a_platform_that_cannot_share_is_told_so(
    global_conf: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("_socket.SO_REUSEPORT")
    with pytest.raises(
        ConfigurationError, match=r"cannot listen on .*: SO_REUSEPORT not supported"
    ):
        serve(application, global_conf, reuse_port="true")
