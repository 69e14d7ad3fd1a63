"""The plot: answers a second over the number of connections, a panel for each endpoint."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.webbench.bench import Plotted

COLUMNS = 2
WIDE, HIGH = 470, 250  # of a panel
MARGIN, TOP = 20, 64
COLOURS = {
    "sysmon": "#0b7285",
    "classic": "#c2571a",
    "FastAPI": "#2f9e44",
    "Glances": "#9c36b5",
    "bare": "#868e96",
}
STYLE = """
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #343a40 }
.title { font-size: 16px; font-weight: 600; fill: #212529 }
.small { font-size: 11px; fill: #6c757d }
.end { text-anchor: end } .middle { text-anchor: middle } .bold { font-weight: 600 }
.grid { stroke: #e9ecef } .line { fill: none; stroke-width: 2 } .own { stroke-width: 3.5 }
"""


def draw(plotted: Plotted, path: Path) -> bool:
    """Draw it, if there is what it shows; whether there is."""
    if not plotted:
        return False
    width = 2 * MARGIN + COLUMNS * WIDE
    height = TOP + math.ceil(len(plotted) / COLUMNS) * HIGH + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Answers a second of sysmon and its peers, by connections</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
        _text(MARGIN + 4, 32, "Answers a second, by connections", "title"),
        _text(
            MARGIN + 4, 50, "Both axes are logarithmic. The number: with 300 connections.", "small"
        ),
    ]
    for index, (name, series) in enumerate(plotted.items()):
        row, column = divmod(index, COLUMNS)
        panel = Panel(name, MARGIN + column * WIDE, TOP + row * HIGH, series)
        parts.extend(panel.parts())
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
    return True


def _text(x: float, y: float, text: str, kind: str = "", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" {more}>{escape(text)}</text>'


@dataclass(frozen=True)
class Panel:
    """One endpoint: a line for each system that has it."""

    name: str
    left: float
    top: float
    series: dict[str, list[tuple[int, float]]]

    BEFORE, AFTER, ABOVE, BELOW = 60, 120, 40, 40  # room around the lines
    TOLD = 300  # connections of which the number is written

    def parts(self) -> Iterator[str]:
        """Yield the parts of the picture."""
        yield _text(self.left + 4, self.top + 24, self.name, "bold")
        yield from self._axes()
        ends = self._ends()
        for label, line in self.series.items():
            yield from self._line(label, line)
            style = f'style="fill:{COLOURS[label]}"'
            told = f"{label} {dict(line).get(self.TOLD, line[-1][1]):,.0f}"
            kind = "bold" if label == "sysmon" else ""
            yield _text(self._right + 8, ends[label] + 4, told, kind, style)

    def _axes(self) -> Iterator[str]:
        for rate in self._ticks():
            y = self._y(rate)
            yield f'<path d="M{self._x(self._xs[0]):.1f} {y:.1f}H{self._right:.1f}" class="grid"/>'
            yield _text(self.left + self.BEFORE - 14, y + 4, f"{rate:,.0f}", "small end")
        for connections in self._xs:
            y = self.top + HIGH - self.BELOW + 18
            yield _text(self._x(connections), y, f"{connections:,}", "small middle")

    def _line(self, label: str, line: list[tuple[int, float]]) -> Iterator[str]:
        where = [(self._x(x), self._y(y)) for x, y in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
        kind, colour = "line own" if label == "sysmon" else "line", COLOURS[label]
        yield f'<path d="M{path}" class="{kind}" stroke="{colour}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in where)

    def _ends(self) -> dict[str, float]:
        """Where the names stand: beside the ends of their lines, and not upon each other."""
        ends = {label: self._y(line[-1][1]) for label, line in self.series.items()}
        above = math.inf
        for label in sorted(ends, key=lambda label: -ends[label]):
            above = ends[label] = min(ends[label], above - 16)
        return ends

    @property
    def _xs(self) -> list[int]:
        return sorted({x for line in self.series.values() for x, _ in line})

    @property
    def _right(self) -> float:
        return self.left + WIDE - self.AFTER

    def _ticks(self) -> list[float]:
        """Round numbers from below all lines to above them, over a power of ten at least."""
        rates = [y for line in self.series.values() for _, y in line]
        least, most = min(rates), max(rates)
        round_ = [m * 10.0**n for n in range(-1, 7) for m in (1, 2, 5)]
        high = min((n for n in round_ if n > most), default=round_[-1])
        low = max((n for n in round_ if n <= min(least, high / 9.9)), default=round_[0])
        return [n for n in round_ if low <= n <= high]

    def _x(self, value: int) -> float:
        first, last = math.log(self._xs[0]), math.log(self._xs[-1])
        share = (math.log(value) - first) / max(last - first, 1e-9)
        return self.left + self.BEFORE + share * (WIDE - self.BEFORE - self.AFTER)

    def _y(self, value: float) -> float:
        ticks = self._ticks()
        low, high = math.log10(ticks[0]), math.log10(ticks[-1])
        share = (math.log10(value) - low) / (high - low)
        return self.top + self.ABOVE + (1 - share) * (HIGH - self.ABOVE - self.BELOW)
