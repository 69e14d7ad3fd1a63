"""The rows of a report as a table on a terminal, in which no number is cut or split.

If the columns do not fit into a line, the table is turned: each row of the report becomes a column,
in blocks of as many rows as fit beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

import click
from rich.cells import cell_len, chop_cells, set_cell_size

from sysmon_core.metrics.column import Column, is_number
from sysmon_core.metrics.quantities import quantity
from sysmon_core.metrics.report import Row

GAP = "  "
MIN_TEXT_CELLS = 12  # a table whose texts have less space than this is turned
MAX_TEXT_LINES = 3  # a longer text ends in an ellipsis
ELLIPSIS = "…"

Grid = Sequence[Sequence[str]]


def terminal_table(rows: Sequence[Row], columns: Sequence[Column], width: int) -> Iterator[str]:
    """Yield the lines of a table of all rows, at most ``width`` cells wide.

    Numbers are written with their units. A text that does not fit is folded, and cut after three
    lines; a number that does not fit makes its line wider.
    """
    units = {column.name: column.unit for column in columns}
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = [bool(units.get(name)) or _has_numbers(rows, name) for name in names]
    headings = [quantity(name, "") for name in names]
    grid = [[quantity(row.get(name), units.get(name, "")) for name in names] for row in rows]
    widths = _widths([headings, *grid], numeric, width)
    if widths is None:
        yield from _turned(headings, grid, numeric, width)
        return
    for line in _lines(headings, widths, numeric):
        yield click.style(line, bold=True)
    for cells in grid:
        yield from _lines(cells, widths, numeric)


def _has_numbers(rows: Sequence[Row], name: str) -> bool:
    return any(is_number(row.get(name)) for row in rows)


def _widths(grid: Grid, numeric: Sequence[bool], space: int) -> list[int] | None:
    """Return the width of each column, texts narrowed as needed.

    Return None if the numbers leave no space.
    """
    widths = [
        _widest(cells) if number else min(_widest(cells), space)
        for cells, number in zip(zip(*grid, strict=True), numeric, strict=True)
    ]
    texts = [column for column, number in enumerate(numeric) if not number]
    while sum(widths) + len(GAP) * (len(widths) - 1) > space:
        widest = max(texts, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= MIN_TEXT_CELLS:
            return None
        widths[widest] -= 1
    return widths


def _turned(
    headings: Sequence[str], grid: Grid, numeric: Sequence[bool], width: int
) -> Iterator[str]:
    """Yield the lines of a turned table, with an empty line between two blocks."""
    heading = _widest(headings)
    space = max(width - heading - len(GAP), MIN_TEXT_CELLS)
    widths = [
        max(
            cell_len(cell) if number else min(cell_len(cell), space)
            for cell, number in zip(cells, numeric, strict=True)
        )
        for cells in grid
    ]
    for block in _blocks(widths, space):
        if block.start:
            yield ""
        for cells in zip(headings, *grid[block], strict=True):
            yield from _lines(cells, [heading, *widths[block]], [False] * len(cells))


def _blocks(widths: Sequence[int], space: int) -> Iterator[slice]:
    """Divide columns into blocks, in order: as many as fit into the space, but at least one."""
    start = used = 0
    for end, width in enumerate(widths):
        if end > start and used + width > space:
            yield slice(start, end)
            start, used = end, 0
        used += width + len(GAP)
    yield slice(start, len(widths))


def _lines(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of one row: numbers to the right, texts to the left and folded."""
    columns = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        aligned = (
            " " * (width - cell_len(part)) + part if number else set_cell_size(part, width)
            for part, width, number in zip(parts, widths, numeric, strict=True)
        )
        yield GAP.join(aligned).rstrip()


def _folded(text: str, width: int) -> list[str]:
    """Divide a text into lines of at most this width, between words if possible."""
    if cell_len(text) <= width:
        return [text]
    limit = MAX_TEXT_LINES * width
    parts = [part for line in wrap(text[:limit], width) for part in chop_cells(line, width)]
    if len(text) > limit or len(parts) > MAX_TEXT_LINES:
        last = parts[MAX_TEXT_LINES - 1 : MAX_TEXT_LINES] or [""]
        parts[MAX_TEXT_LINES - 1 :] = [set_cell_size(last[0], width - 1).rstrip() + ELLIPSIS]
    return parts


def _widest(cells: Sequence[str]) -> int:
    return max(map(cell_len, cells))
