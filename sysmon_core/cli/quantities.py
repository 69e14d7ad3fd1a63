"""Numbers with their units as people write them: ``1.5 GiB``, ``3 d 4 h``, ``44.4%``."""

from __future__ import annotations

from collections.abc import Callable

from sysmon_core.metrics.report import is_number, shown

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
BYTES_STEP = 1024
PERIODS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))  # seconds
FRACTIONS = ("s", "ms", "µs", "ns")
FRACTIONS_STEP = 1000
LONGEST_DECIMAL = 1e15  # from here on a float has no decimals, its digits are not exact


def quantity(value: object, unit: str) -> str:
    """A value of JSON in its unit, a UCUM code, on one line.

    Bytes and seconds are scaled and rounded, percent have one decimal, counts stay plain; a unit
    that is not known here follows its number. What is no number is shown as it is, None as ``-``.
    """
    if not is_number(value):
        return shown(value)
    base, slash, per = unit.partition("/")
    if base in FORMATS:
        return FORMATS[base](value) + slash + per
    return f"{_plain(value)} {unit}"


def _plain(value: float) -> str:
    """All digits of a whole number; two decimals of any other, or what is left of it."""
    if isinstance(value, int):
        return str(value)
    usual = value == 0 or 0.01 <= abs(value) < LONGEST_DECIMAL
    return f"{value:.2f}" if usual else f"{value:.3g}"


def _percent(value: float) -> str:
    return f"{value:.1f}%" if abs(value) < LONGEST_DECIMAL else f"{_plain(value)}%"


def _bytes(value: float) -> str:
    """One decimal of the largest unit of which there is at least one; beyond all units, plain."""
    if abs(value) >= BYTES_STEP ** len(BYTES):
        return f"{_plain(value)} {BYTES[0]}"
    scaled, unit = value, BYTES[0]
    for larger in BYTES[1:]:
        if abs(round(scaled, 1)) < BYTES_STEP:
            break
        scaled, unit = scaled / BYTES_STEP, larger
    return f"{round(scaled, 1):g} {unit}" if unit == BYTES[0] else f"{scaled:.1f} {unit}"


def _seconds(value: float) -> str:
    """From a minute on the two largest periods, cut off as clocks do; below, three digits."""
    sign, size = "-" if value < 0 else "", abs(value)
    if size < PERIODS[-2][1]:
        return sign + _fraction(size)
    return sign + _periods(int(size))


def _periods(seconds: int) -> str:
    words = []
    for unit, length in PERIODS:
        number, seconds = divmod(seconds, length)
        if number or words:
            words.append(f"{number} {unit}" if number else "")
    return " ".join(word for word in words[:2] if word)


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
"""How a number is written, by what its unit is before a slash."""
