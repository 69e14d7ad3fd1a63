"""How a number is written for people."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.metrics.quantities import quantity

HUGE = 10**400

WRITTEN = [
    (0, "By", "0 B"),
    (1023, "By", "1023 B"),
    (1024, "By", "1.0 KiB"),
    (1024**2 - 1, "By", "1.0 MiB"),
    (-5000, "By", "-4.9 KiB"),
    (270553174016, "By", "252.0 GiB"),
    (3 * 1024**6, "By", "3.0 EiB"),
    (HUGE, "By", f"{HUGE} B"),
    (1.7e308, "By", "1.7e+308 B"),
    (843417.6, "By/s", "823.6 KiB/s"),
    (0.5, "By/s", "0.5 B/s"),
    (0.04, "By/s", "0.04 B/s"),
    (0.000113, "By/s", "0.000113 B/s"),
    (0, "s", "0 s"),
    (59, "s", "59 s"),
    (60, "s", "1 min"),
    (3661, "s", "1 h 1 min"),
    (3601, "s", "1 h"),
    (86400 * 3 + 3600 * 4 + 59, "s", "3 d 4 h"),
    (-70, "s", "-1 min 10 s"),
    (12.34, "s", "12.3 s"),
    (0.5, "s", "500 ms"),
    (0.00012, "s", "120 µs"),
    (0.0009999999, "s", "1 ms"),
    (4e-9, "s", "4 ns"),
    (4e-12, "s", "4e-12 s"),
    (44.44, "%", "44.4%"),
    (100, "%", "100.0%"),
    (0.5, "%", "0.5%"),
    (0.0374, "%", "0.0374%"),
    (HUGE, "%", f"{HUGE}%"),
    (48.69, "1/s", "48.69/s"),
    (364, "1/s", "364/s"),
    (1234567, "1", "1234567"),
    (0.5, "1", "0.50"),
    (0.001, "1", "0.001"),
    (0.000113, "1", "0.000113"),
    (0.0149, "1/s", "0.0149/s"),
    (-0.125, "1", "-0.125"),
    (1.5e-9, "1", "1.5e-09"),
    (1e300, "1", "1e+300"),
    (1234567, "", "1234567"),
    (5, "min", "5 min"),
    (3.5, "m/s", "3.50 m/s"),
    (45, "Cel", "45 °C"),
    (12, "{packet}", "12 packet"),
    (0.5, "{packet}/s", "0.50 packet/s"),
    (2048, "By{swapped}", "2.0 KiB"),
    (3, "nonsense", "3 nonsense"),
    (0, "bit/s", "0 bit/s"),
    (999, "bit/s", "999 bit/s"),
    (10**9, "bit/s", "1 Gbit/s"),
    (2_500_000_000, "bit/s", "2.5 Gbit/s"),
    (999_999, "bit", "1 Mbit"),
    (-1500, "bit", "-1.5 kbit"),
    (999_400_000_000_000, "bit", "999 Tbit"),
    (999_600_000_000_000, "bit", "999600000000000 bit"),
    (HUGE, "bit", f"{HUGE} bit"),
    (None, "By", "-"),
    (True, "1", "True"),
    ("a\nb", "", r"a\nb"),
    ("5", "By", "5"),
]


@pytest.mark.parametrize(("value", "unit", "written"), WRITTEN)
def test_a_value_is_written_as_people_read_it(value: object, unit: str, written: str) -> None:
    assert quantity(value, unit) == written


units = st.sampled_from(["", "1", "%", "By", "bit/s", "s", "By/s", "1/s", "min", "Cel"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(HUGE)


@given(value=numbers, unit=units)
def test_every_number_is_written_on_one_line(value: float, unit: str) -> None:
    written = quantity(value, unit)
    assert written.isprintable()
    assert written.strip() == written != ""
    assert written.startswith("-") <= (value < 0 or str(value) == "-0.0")


@pytest.mark.parametrize("unit", ["", "1", "%", "By", "bit", "By/s", "1/s", "Cel"])
@given(st.floats(1e-300, 1) | st.floats(-1, -1e-300))
def test_a_small_number_is_right_to_its_third_digit(unit: str, value: float) -> None:
    number = re.match(r"[0-9.e-]+", quantity(value, unit))
    assert number
    assert float(number[0]) == pytest.approx(value, rel=0.00501)


@given(st.integers(0, 1024**7 - 1))
def test_a_size_is_right_to_half_of_its_last_digit(size: int) -> None:
    number, unit = quantity(size, "By").split()
    factor = 1024 ** ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].index(unit)
    assert abs(float(number) * factor - size) <= 0.05001 * factor
    assert float(number) < 1024 or unit == "EiB"


@given(st.integers(60, 10**9))
def test_a_period_is_cut_off_by_less_than_its_smaller_unit(seconds: int) -> None:
    lengths = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    words = quantity(seconds, "s").split()
    told = sum(int(n) * lengths[u] for n, u in zip(words[::2], words[1::2], strict=True))
    below = {"d": 3600, "h": 60, "min": 1}[words[1]]
    assert told <= seconds < told + below
