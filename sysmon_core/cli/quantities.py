"""Numbers with their units as people write them: ``1.5 GiB``, ``3 d 4 h``, ``44.4%``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from sysmon_core.metrics.table import shown

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
BYTES_STEP = 1024
PERIODS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))  # seconds
FRACTIONS = ("s", "ms", "µs", "ns")
FRACTIONS_STEP = 1000
MAX_DECIMAL = 1e15  # a larger float is written with an exponent


def quantity(value: object, unit: str) -> str:
    """Write a value of JSON in its unit, a UCUM code, on one line.

    Bytes and seconds are scaled and rounded, percentages have one decimal, counts stay plain. Any
    other unit follows its number. What is no number stays as it is, and None becomes ``-``.
    """
    if not is_number(value):
        return shown(value)
    base, slash, per = unit.partition("/")
    if base in FORMATS:
        return FORMATS[base](value) + slash + per
    return f"{_plain(value)} {unit}"


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value of JSON is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: float) -> str:
    """Return a whole number with all its digits.

    Any other number has two decimals, or three digits if it is tiny.
    """
    if isinstance(value, int):
        return str(value)
    usual = value == 0 or 0.01 <= abs(value) < MAX_DECIMAL
    return f"{value:.2f}" if usual else f"{value:.3g}"


def _percent(value: float) -> str:
    return f"{value:.1f}%" if abs(value) < MAX_DECIMAL else f"{_plain(value)}%"


def _bytes(value: float) -> str:
    """In the largest unit that gives at least 1, with one decimal; beyond the last unit, in B."""
    if abs(value) >= BYTES_STEP ** len(BYTES):
        return f"{_plain(value)} {BYTES[0]}"
    scaled, unit = value, BYTES[0]
    for larger in BYTES[1:]:
        if abs(round(scaled, 1)) < BYTES_STEP:
            break
        scaled, unit = scaled / BYTES_STEP, larger
    return f"{round(scaled, 1):g} {unit}" if unit == BYTES[0] else f"{scaled:.1f} {unit}"


def _seconds(value: float) -> str:
    """From a minute on, the two largest periods, rounded down as clocks do; below, three digits."""
    sign, size = "-" if value < 0 else "", abs(value)
    if size < PERIODS[-2][1]:
        return sign + _fraction(size)
    return sign + _periods(int(size))


def _periods(seconds: int) -> str:
    counts: list[tuple[int, str]] = []
    for unit, length in PERIODS:
        count, seconds = divmod(seconds, length)
        if count or counts:  # from the largest that is there
            counts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in counts[:2] if count)


def _fraction(seconds: float) -> str:
    if isinstance(seconds, int) or seconds == 0:
        return f"{seconds:g} {FRACTIONS[0]}"
    scaled = seconds
    for unit in FRACTIONS:
        rounded = f"{scaled:.3g}"
        if float(rounded) >= 1:
            return f"{rounded} {unit}"
        scaled *= FRACTIONS_STEP
    return f"{seconds:.3g} {FRACTIONS[0]}"


FORMATS: dict[str, Callable[[float], str]] = {
    "": _plain,
    "1": _plain,
    "%": _percent,
    "By": _bytes,
    "s": _seconds,
}
"""How a number is written, by the part of its unit before a slash."""
