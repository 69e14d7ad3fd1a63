"""Numbers, and how they are put beside each other."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def median(values: Iterable[float]) -> float:
    """The middle of them."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Figure:
    """One line of a table: a number of each system."""

    name: str
    unit: str
    numbers: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The first number by the second."""
        return self.numbers[0] / self.numbers[1]

    def cells(self) -> list[str]:
        """The line's cells, as text."""
        numbers = [_rounded(number) for number in self.numbers]
        ratio = [f"{self.ratio:.2f}" if all(self.numbers) else "-"] if len(numbers) == 2 else []
        return [self.name, self.unit, *numbers, *ratio]


def _rounded(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


@dataclass
class Table:
    """Figures of one kind, how they were measured, and what limits them."""

    title: str
    how: str
    systems: tuple[str, ...] = ("sysmon", "classic")
    limits: str = ""
    figures: list[Figure] = field(default_factory=list)

    def add(self, name: str, unit: str, *numbers: float) -> None:
        """Add a line and show it."""
        figure = Figure(name, unit, numbers)
        self.figures.append(figure)
        cells = figure.cells()
        say(f"  {cells[0]:44} {cells[1]:12}" + "".join(f"{cell:>12}" for cell in cells[2:]))

    def begin(self) -> None:
        """Show the head of the table."""
        heads = self.heads()
        say(f"\n{self.title}")
        say(f"  {'':44} {'':12}" + "".join(f"{head:>12}" for head in heads[2:]))

    def heads(self) -> list[str]:
        """The names of the columns."""
        return ["", "unit", *self.systems, *(["ratio"] if len(self.systems) == 2 else [])]


@dataclass(frozen=True)
class Promise:
    """A bound that a number must keep."""

    text: str
    number: float
    bound: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether it does."""
        return self.number >= self.bound if self.at_least else self.number <= self.bound

    def line(self) -> str:
        """What was promised and what came of it."""
        sign = "≥" if self.at_least else "≤"
        verdict = "kept" if self.kept else "BROKEN"
        return f"{verdict}: {self.text} {sign} {self.bound:g}: {self.number:.2f}"
