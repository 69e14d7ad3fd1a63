"""The table of rows that people read: a column each, numbers to the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sysmon_core.metrics.column import is_number
from sysmon_core.metrics.report import Row
from sysmon_core.printable import printable

MAX_DECIMAL = 1e15  # a larger fraction is written with an exponent


def table(rows: Sequence[Row]) -> str:
    """Write rows below a heading, each column as wide as its widest value."""
    return "".join(lines(rows, widths(rows)))


def widths(rows: Sequence[Row]) -> dict[str, int]:
    """Measure each column, in characters, by its name and its values."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: max(len(word) for word in _column(rows, name)) for name in names}


def _column(rows: Sequence[Row], name: str) -> Iterable[str]:
    yield name
    for row in rows:
        yield shown(row.get(name))


def lines(rows: Sequence[Row], width: Mapping[str, int], *, head: bool = True) -> Iterator[str]:
    """Write rows a line each, by the widths of their columns; the heading first if ``head``."""
    if head and rows:
        yield _line({name: name for name in width}, rows[0], width)
    for row in rows:
        yield _line({name: shown(row.get(name)) for name in width}, row, width)


def _line(words: Mapping[str, str], row: Row, width: Mapping[str, int]) -> str:
    cells = (
        words[name].rjust(size) if is_number(row.get(name)) else words[name].ljust(size)
        for name, size in width.items()
    )
    return "  ".join(cells).rstrip() + "\n"


def shown(value: object) -> str:
    """Write a value for people: on one line, and without control characters."""
    if value is None:
        return "-"
    text = decimal(value) if isinstance(value, float) else str(value)
    return printable(text)


def decimal(value: float, places: int = 2) -> str:
    """Write a number with this many decimals, or with three digits if it is too small for them."""
    text = f"{value:.{places}f}" if abs(value) < MAX_DECIMAL else ""
    return text if text and (abs(value) >= 1 or float(text) == value) else f"{value:.3g}"
