from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from sysmon_core import Metric, Row
from tests.conftest import MakeApp, MakeSettings, until
from tests.plugins.conftest import Collect, collected, sound

HUNDRED_MIB = 100 << 20

Read = Callable[[], Row]


@pytest.fixture
def read(metric: Metric, collect: Collect) -> Read:
    def read() -> Row:
        (row,) = collect(metric).rows
        return row

    return read


def test_it_is_one_quick_metric_without_params(metric: Metric) -> None:
    assert (metric.name, metric.long) == ("memory", False)
    assert not metric.params.model_fields


def test_its_numbers_are_those_of_the_kernel(read: Read) -> None:
    row = read()
    assert row["total"] == psutil.virtual_memory().total
    assert row["available"] == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    assert row["used"] == row["total"] - row["available"]
    assert row["used_share"] == pytest.approx(100 * row["used"] / row["total"], abs=0.1)
    assert row["swap_total"] == row["swap_used"] + row["swap_free"]
    assert 0 <= row["swap_used_share"] <= 100


@pytest.mark.skipif(sys.platform != "linux", reason="which of them there are is the platform's")
def test_on_linux_nothing_is_missing(read: Read) -> None:
    assert None not in read().values()


def test_memory_that_a_program_takes_is_used(read: Read) -> None:
    def grows() -> bool:
        before = read()["used"]
        with mmap.mmap(-1, HUNDRED_MIB) as room:
            room.write(b"x" * HUNDRED_MIB)
            grown: int = read()["used"] - before
        return grown > HUNDRED_MIB // 2

    until(grows)  # other programs may give memory back meanwhile


def test_what_was_swapped_is_counted_and_never_falls(read: Read, metric: Metric) -> None:
    kinds = {column.name: column.kind for column in metric.columns}
    counters = [name for name, kind in kinds.items() if kind == "counter"]
    assert counters == ["swapped_in", "swapped_out"]
    first, second = read(), read()
    assert all(0 <= first[name] <= second[name] for name in counters)


def test_what_a_platform_does_not_tell_is_missing(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = SimpleNamespace(total=4, available=3, percent=25.0, free=2, wired=1)  # as on macOS
    monkeypatch.setattr(psutil, "virtual_memory", lambda: told)
    row = read()
    assert (row["used"], row["used_share"], row["free"]) == (1, 25.0, 2)
    assert [row[name] for name in ("buffers", "cached", "shared")] == [None] * 3


@given(sizes=st.lists(st.integers(0, 2**63), min_size=10, max_size=10))
def test_whatever_the_system_says_the_row_is_sound(sizes: list[int], metric: Metric) -> None:
    def told(names: str, numbers: list[int]) -> Any:
        return SimpleNamespace(percent=0.0, **dict(zip(names.split(), numbers, strict=True)))

    with pytest.MonkeyPatch.context() as patch:
        memory = told("total available free buffers cached shared", sizes[:6])
        swap = told("total used free sin", sizes[6:])
        swap.sout = 0
        patch.setattr(psutil, "virtual_memory", lambda: memory)
        patch.setattr(psutil, "swap_memory", lambda: swap)
        (row,) = collected(metric).rows
        sound(metric, row)


def test_it_is_asked_over_http(make_settings: MakeSettings, make_testapp: MakeApp) -> None:
    app: TestApp = make_testapp(make_settings())
    answer = app.get("/v1/memory/").json["memory"]
    assert answer.split()[:2] == ["total", "available"]
    assert len(answer.splitlines()) == 2
    assert app.get("/v1/memory/?unit=MB", status=400).json["errors"][0]["name"] == "unit"
