"""The plot: bars of answers a second, and what becomes of them with more connections."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.webbench.bench import Plotted

WIDTH, HEIGHT = 960, 460
COLOURS = {
    "sysmon": "#0b7285",
    "sysmon, v3": "#66b2be",
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
.grid { stroke: #e9ecef } .line { fill: none; stroke-width: 2 }
"""


def draw(plotted: Plotted, path: Path) -> bool:
    """Draw it, if there is what it shows; whether there is."""
    if "sysmon" not in plotted.bars or not plotted.rates:
        return False
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Answers a second of sysmon and its peers</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
        *_bars(plotted.bars),
        *Chart("Answers a second, by connections", 40, "", plotted.rates).lines(),
        *Chart("Latency p99, by connections", 260, " ms", plotted.p99).lines(),
        "</svg>",
    ]
    path.write_text("\n".join(parts) + "\n")
    return True


def _text(x: float, y: float, text: str, kind: str = "", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" {more}>{escape(text)}</text>'


def _bars(bars: dict[str, list[float | None]]) -> Iterator[str]:
    """A bar for one process and a thinner one for two, with sysmon's part of the former."""
    left, room, step = 100, 230, 62
    most = max(number for pair in bars.values() for number in pair if number)
    ours = bars["sysmon"][0] or 0.0
    yield _text(24, 40, "Uptime, answers a second", "title")
    yield _text(24, 58, "8 connections; one server process, thin: two", "small")
    for index, (label, (one, two)) in enumerate(bars.items()):
        y, colour = 84 + index * step, COLOURS[label]
        named = label.replace("bare", "bare server")
        yield _text(left - 10, y + 20, named, "end bold" if label == "sysmon" else "end")
        for number, top, height in ((one, y, 28), (two, y + 31, 8)):
            if number:
                width = max(2.0, number / most * room)
                yield (
                    f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{height}" rx="2" '
                    f'fill="{colour}" opacity="{1 if top == y else 0.55}"/>'
                )
        if one:
            x = left + max(2.0, one / most * room) + 8
            yield _text(x, y + 13, f"{one:,.0f}", "bold")
            yield _text(x, y + 26, _ratio(label, ours / one), "small")


def _ratio(label: str, ratio: float) -> str:
    if label == "sysmon":
        return ""
    share = f"{ratio:.0%}" if ratio < 1 else f"{ratio:.1f} times"
    return f"sysmon: {share}"


@dataclass(frozen=True)
class Chart:
    """Lines over the number of connections, both axes logarithmic."""

    title: str
    top: float
    unit: str
    series: dict[str, list[tuple[int, float]]]

    LEFT, WIDTH, HEIGHT = 560, 290, 130

    def lines(self) -> Iterator[str]:
        """The parts of the picture."""
        points = [point for line in self.series.values() for point in line]
        yield _text(self.LEFT - 40, self.top, self.title, "title")
        for exponent in range(self._low(points), self._high(points) + 1):
            y = self._y(10.0**exponent, points)
            yield f'<path d="M{self.LEFT} {y:.1f}h{self.WIDTH}" class="grid"/>'
            yield _text(self.LEFT - 8, y + 4, f"{10.0**exponent:,g}{self.unit}", "small end")
        for connections in sorted({x for x, _ in points}):
            x, y = self._x(connections, points), self.top + self.HEIGHT + 36
            yield _text(x, y, f"{connections:,}", "small middle")
        ends = self._ends(points)
        for label, line in self.series.items():
            colour = COLOURS[label]
            where = [(self._x(x, points), self._y(y, points)) for x, y in line]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
            width = 'style="stroke-width:3.5"' if label == "sysmon" else ""
            yield f'<path d="M{path}" class="line" stroke="{colour}" {width}/>'
            yield from (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in where
            )
            kind = "bold" if label == "sysmon" else ""
            more = f'style="fill:{colour}"'
            yield _text(self.LEFT + self.WIDTH + 10, ends[label] + 4, label, kind, more)

    def _ends(self, points: list[tuple[int, float]]) -> dict[str, float]:
        """Where the names stand: beside the ends of their lines, and not upon each other."""
        ends = {label: self._y(line[-1][1], points) for label, line in self.series.items()}
        below = -math.inf
        for label in sorted(ends, key=lambda label: ends[label]):
            below = ends[label] = max(ends[label], below + 14)
        return ends

    def _low(self, points: list[tuple[int, float]]) -> int:
        return math.floor(math.log10(min(y for _, y in points)))

    def _high(self, points: list[tuple[int, float]]) -> int:
        return math.ceil(math.log10(max(y for _, y in points)))

    def _x(self, value: int, points: list[tuple[int, float]]) -> float:
        share = math.log(value) / math.log(max(x for x, _ in points))
        return self.LEFT + 8 + share * (self.WIDTH - 16)

    def _y(self, value: float, points: list[tuple[int, float]]) -> float:
        low, high = self._low(points), self._high(points)
        share = (math.log10(value) - low) / max(1, high - low)
        return self.top + 18 + (1 - share) * self.HEIGHT
