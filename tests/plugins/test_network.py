from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from webtest import TestApp

from sysmon_core import Metric, MetricFailed, Row
from sysmon_network import COUNTERS, NetworkParams
from tests.conftest import MakeApp, MakeSettings, until
from tests.plugins.conftest import MakeRun, collected, sound

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
HEAD = b"Inter-|   Receive\n face |bytes    packets\n"  # of /proc/net/dev, which psutil skips

Read = Callable[..., dict[str, Row]]
Kernel = Callable[[Mapping[bytes, int]], None]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="by /proc/net/dev")


class Counters(NamedTuple):
    """What psutil counts of an interface."""

    bytes_sent: int
    bytes_recv: int
    packets_sent: int
    packets_recv: int
    errin: int
    errout: int
    dropin: int
    dropout: int


class State(NamedTuple):
    """What else psutil says of it."""

    isup: bool
    speed: int
    mtu: int


@pytest.fixture
def read(metric: Metric, make_run: MakeRun) -> Read:
    """The rows by their interfaces."""

    def read(**given: object) -> dict[str, Row]:
        rows = metric.collect(NetworkParams.model_validate(given), make_run()).rows
        found = {row["interface"]: row for row in rows}
        assert len(found) == len(rows)
        return found

    return read


@pytest.fixture
def kernel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Have the kernel count bytes that were received, by the names of interfaces."""
    (folder / "net").mkdir()
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(folder))

    def count(received: Mapping[bytes, int]) -> None:
        rows = (name + b": %d " % number + b"0 " * 15 for name, number in received.items())
        (folder / "net/dev").write_bytes(HEAD + b"".join(row + b"\n" for row in rows))

    return count


def test_it_is_one_quick_metric(metric: Metric) -> None:
    assert (metric.name, metric.long) == ("network", False)


def test_each_interface_of_the_host_has_a_row_loopback_too(read: Read) -> None:
    rows = read()
    assert {name for _, name in socket.if_nameindex()} <= set(rows)
    assert rows[LOOPBACK]["up"] is True
    assert rows[LOOPBACK]["mtu"] > 1000
    assert rows[LOOPBACK]["speed"] is None  # it has none
    assert list(rows) == sorted(rows)


def test_what_is_sent_is_counted(read: Read) -> None:
    before = read()[LOOPBACK]
    with (
        socket.socket(type=socket.SOCK_DGRAM) as receiver,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"x" * 1000, receiver.getsockname())

        def counted() -> bool:
            now = read()[LOOPBACK]
            assert all(now[name] >= before[name] for name in COUNTERS)
            return bool(
                now["sent"] >= before["sent"] + 1000
                and now["received"] >= before["received"] + 1000
                and now["packets_sent"] > before["packets_sent"]
            )

        until(counted)


def test_one_interface_may_be_asked_for(read: Read) -> None:
    assert list(read(interface=LOOPBACK)) == [LOOPBACK]
    assert read(interface="").keys() == read().keys()


@pytest.mark.parametrize("name", ["nonesuch0", LOOPBACK.upper(), f"{LOOPBACK} ", "x" * 256, "\0"])
def test_an_interface_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NetworkParams.model_validate({"interface": name})
    assert [error["loc"] for error in caught.value.errors()] == [("interface",)]


@on_linux
def test_a_name_that_is_no_text_is_written_so_that_json_carries_it(
    read: Read, kernel: Kernel, metric: Metric
) -> None:
    kernel({b"a\xff0": 7, b"a\xfe0": 8})
    rows = read()
    assert list(rows) == [r"a\udcfe0", r"a\udcff0"]
    assert [row["received"] for row in rows.values()] == [8, 7]
    assert list(read(interface=r"a\udcff0")) == [r"a\udcff0"]
    for row in rows.values():
        sound(metric, row)


@on_linux
def test_one_that_vanishes_has_its_counters_alone(read: Read, kernel: Kernel) -> None:
    kernel({b"nonesuch0": 7})  # counted, and gone before it can be asked for its state
    assert read() == {
        "nonesuch0": dict.fromkeys(COUNTERS, 0)
        | {"interface": "nonesuch0", "received": 7, "up": None, "speed": None, "mtu": None}
    }


def test_one_that_came_after_the_counters_has_its_state_alone(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "net_io_counters", lambda **_: {})
    monkeypatch.setattr(psutil, "net_if_stats", lambda: {"eth9": State(True, 1000, 1500)})
    state = {"interface": "eth9", "up": True, "speed": 10**9, "mtu": 1500}
    assert read() == {"eth9": dict.fromkeys(COUNTERS) | state}


@on_linux
def test_one_that_is_gone_before_it_is_read_is_told(
    metric: Metric, kernel: Kernel, make_run: MakeRun
) -> None:
    kernel({b"nonesuch0": 7})
    params = NetworkParams.model_validate({"interface": "nonesuch0"})
    kernel({})
    with pytest.raises(MetricFailed, match="not there any more"):
        metric.collect(params, make_run())


@on_linux
def test_a_counter_that_begins_anew_is_told_as_the_kernel_has_it(
    read: Read, kernel: Kernel
) -> None:
    for number in (4_000_000_000, 5):
        kernel({b"nonesuch0": number})
        assert read()["nonesuch0"]["received"] == number


names = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=15)
sizes = st.integers(0, 2**64)


@given(
    counters=st.dictionaries(names, st.builds(Counters, *[sizes] * 8), max_size=4),
    states=st.dictionaries(names, st.builds(State, st.booleans(), sizes, sizes), max_size=4),
)
def test_whatever_the_system_says_the_rows_are_sound(
    counters: dict[str, Any], states: dict[str, Any], metric: Metric
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psutil, "net_io_counters", lambda **_: counters)
        patch.setattr(psutil, "net_if_stats", lambda: states)
        rows = collected(metric).rows
    assert len(rows) == len({*counters, *states})
    for row in rows:
        sound(metric, row)


def test_it_is_asked_over_http(make_settings: MakeSettings, make_testapp: MakeApp) -> None:
    app: TestApp = make_testapp(make_settings())
    answer = app.get("/v1/network/", {"interface": LOOPBACK}).json["network"]
    assert answer.split()[:3] == ["interface", "up", "speed"]
    assert len(answer.splitlines()) == 2
    wrong = app.get("/v1/network/?interface=nonesuch0", status=400).json["errors"]
    assert [(error["in"], error["name"]) for error in wrong] == [("query", "interface")]
    assert "there is no such interface" in wrong[0]["detail"]
