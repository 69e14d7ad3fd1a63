"""Numbers in base units are exact: the decimal number that a program printed, times the scale."""

from __future__ import annotations

import json
import math
import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sysmon_core import Column

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALES = st.sampled_from([1024, 0.001, 1 / 60, 1000.0, 512, 1e-9, 1024 / 60]) | FINITE


def scaled(number: Any, scale: float) -> Any:
    return Column("rate", "how fast", "By/s", scale=scale).of({"rate": number})


@pytest.mark.parametrize(
    ("number", "scale", "product"),
    [
        (1.1, 1024, "1126.4"),
        (742.47, 1024, "760289.28"),
        (0.1, 3, "0.3"),
        (3, 0.1, "0.3"),
        (48.69, 0.01, "0.4869"),
        (7, 1024, "7168"),
        (2**70, 1024, str(2**80)),
        (1.5, 1, "1.5"),
        (-1.1, 1024, "-1126.4"),
    ],
)
def test_there_is_no_noise_of_binary_fractions(number: Any, scale: float, product: str) -> None:
    assert json.dumps(scaled(number, scale)) == product


@given(number=FINITE, scale=SCALES)
def test_a_product_is_the_float_that_is_nearest_to_the_decimal_one(
    number: float, scale: float
) -> None:
    assume(scale != 1)
    exact = Fraction(repr(number)) * Fraction(repr(scale))
    try:
        nearest = float(exact)
    except OverflowError:
        nearest = math.inf if exact > 0 else -math.inf
    assert scaled(number, scale) == nearest


@given(number=st.integers(), scale=st.integers())
def test_integers_stay_integers(number: int, scale: int) -> None:
    assert type(scaled(number, scale)) is int
    assert scaled(number, scale) == number * scale


@pytest.mark.parametrize("value", [None, "1.1", [1.1]])
def test_what_is_no_number_stays_as_it_is(value: Any) -> None:
    assert scaled(value, 1024) == value


@pytest.mark.parametrize("scale", [0, 0.5, 1024])
def test_what_is_no_finite_number_becomes_none(scale: float) -> None:
    """It is refused where rows are read, as it is without a scale."""
    for value in (math.inf, -math.inf, math.nan):
        assert not math.isfinite(scaled(value, scale))


class Named(float):
    """As the numbers of numpy, whose repr is no number."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


def test_a_class_of_numbers_may_write_them_otherwise() -> None:
    assert scaled(Named(1.1), 1024) == 1126.4
    assert scaled(1.1, Named(1024)) == 1126.4


def test_ten_thousand_rows_are_cheap() -> None:
    columns = [Column(f"rate{n}", "how fast", "By/s", scale=1024) for n in range(6)]
    row = {column.name: 742.47 for column in columns}
    begin = time.thread_time()
    for _ in range(10_000):
        for column in columns:
            column.of(row)
    assert time.thread_time() - begin < 1  # 0.1 s on an idle machine of 2025
