"""Numbers with their units as people write them: ``1.5 GiB``, ``3 d 4 h``, ``44.4%``."""

from __future__ import annotations

from collections.abc import Callable

from sysmon_core.metrics.column import is_number
from sysmon_core.metrics.table import MAX_DECIMAL, decimal, shown
from sysmon_core.metrics.units import bare
from sysmon_core.metrics.units import shown as shown_unit

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
BYTES_STEP = 1024
BITS = ("bit", "kbit", "Mbit", "Gbit", "Tbit")
BITS_STEP = 1000
PERIODS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))  # seconds
FRACTIONS = ("s", "ms", "µs", "ns")
FRACTIONS_STEP = 1000


def quantity(value: object, unit: str) -> str:
    """Write a value of JSON in its unit, a UCUM code, on one line.

    Bytes, bits and seconds are scaled and rounded, percentages have one decimal, counts stay plain.
    Any other unit follows its number, by its sign. A number too small for its decimals has three
    digits. What is no number stays as it is, and None becomes ``-``.
    """
    if not is_number(value):
        return shown(value)
    base, slash, per = bare(unit).partition("/")
    if base in FORMATS:
        return FORMATS[base](value) + slash + shown_unit(per)
    return f"{_plain(value)} {shown_unit(unit)}"


def _plain(value: float) -> str:
    """Return a whole number with all its digits, any other as tables of text have it."""
    return str(value) if isinstance(value, int) else decimal(value)


def _percent(value: float) -> str:
    return f"{decimal(value, 1) if abs(value) < MAX_DECIMAL else _plain(value)}%"


def _bytes(value: float) -> str:
    """Write bytes in the largest unit that gives at least 1; beyond the last unit, in B.

    Less than a byte has three digits.
    """
    if abs(value) >= BYTES_STEP ** len(BYTES):
        return f"{_plain(value)} {BYTES[0]}"
    scaled, unit = value, BYTES[0]
    for larger in BYTES[1:]:
        if abs(round(scaled, 1)) < BYTES_STEP:
            break
        scaled, unit = scaled / BYTES_STEP, larger
    if unit != BYTES[0]:
        return f"{scaled:.1f} {unit}"
    return f"{scaled:.3g} {unit}" if abs(scaled) < 1 else f"{round(scaled, 1):g} {unit}"


def _bits(value: float) -> str:
    """Write bits in the largest unit that gives at least 1, in three digits.

    Beyond the last unit they are written in bit.
    """
    scaled, unit = value, BITS[0]
    if abs(value) >= BITS_STEP ** len(BITS) - BITS_STEP ** len(BITS[1:]) / 2:
        return f"{_plain(value)} {unit}"
    for larger in BITS[1:]:
        if abs(float(f"{scaled:.3g}")) < BITS_STEP:
            break
        scaled, unit = scaled / BITS_STEP, larger
    return f"{scaled:.3g} {unit}"


def _seconds(value: float) -> str:
    """Write seconds as the two largest periods, rounded down; below a minute, in three digits."""
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
    "bit": _bits,
    "s": _seconds,
}
"""How a number is written, by the part of its unit before a slash."""
