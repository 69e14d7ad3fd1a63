"""Units: which are known, and what they are in base units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.metrics.units import SIGNS, in_base, shown


@pytest.mark.parametrize("unit", [*SIGNS, "1/s", "/s", "{packet}/s", "By{used}", "m/s2", "s-1"])
def test_a_base_unit_is_itself(unit: str) -> None:
    assert in_base(unit) == (unit, 1)


@pytest.mark.parametrize(
    ("unit", "code", "scale"),
    [
        ("kBy", "By", 1024),
        ("MBy", "By", 1024**2),
        ("GiBy", "By", 1024**3),
        ("kB", "By", 1024),
        ("KB/s", "By/s", 1024),
        ("MiB", "By", 1024**2),
        ("B", "By", 1),
        ("bytes/sec", "By/s", 1),
        ("Mbit/s", "bit/s", 1e6),
        ("ms", "s", 1e-3),
        ("us", "s", 1e-6),
        ("min", "s", 60),
        ("h", "s", 3600),
        ("d", "s", 86400),
        ("{request}/min", "{request}/s", 1 / 60),
        ("By/ms", "By/s", 1000),
        ("mV", "V", 1e-3),
        ("kW.h", "W.s", 3.6e6),
        ("cm2", "m2", 1e-4),
        ("°C", "Cel", 1),
        ("percent", "%", 1),
        ("[ppm]", "%", 1e-4),
    ],
)
def test_another_unit_is_so_many_base_units(unit: str, code: str, scale: float) -> None:
    found = in_base(unit)
    assert found
    assert found.code == code
    assert found.scale == pytest.approx(scale)


@pytest.mark.parametrize(
    "unit", ["", " ", "fathom", "By/", "a b", "{}", "{a", "2", "By per s", "S-"]
)
def test_what_is_no_unit_is_not_known(unit: str) -> None:
    assert in_base(unit) is None


@given(st.text(max_size=8) | st.text("kmMBys/.1{}%-2", max_size=8))
def test_whatever_a_unit_is_it_is_told_and_a_base_unit_stays_one(unit: str) -> None:
    found = in_base(unit)
    if found:
        assert found.scale > 0
        assert in_base(found.code) == (found.code, 1)
    assert isinstance(shown(unit), str)
