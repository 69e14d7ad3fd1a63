"""Numbers, and how they are put beside each other."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ABSENT = "-"
VERDICTS = (("BROKEN", "kept"), ("not reached", "reached"))  # of promises, of aims


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def median(values: Iterable[float]) -> float:
    """Return the middle of them."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Figure:
    """One line of a table: a number of each system."""

    name: str
    unit: str
    numbers: tuple[float | None, ...]  # None where there is nothing to measure

    def cells(self) -> list[str]:
        """Return the line's cells, as text; of two numbers also the first by the second."""
        numbers = [ABSENT if number is None else _rounded(number) for number in self.numbers]
        return [self.name, self.unit, *numbers, *self._ratio()]

    def _ratio(self) -> list[str]:
        if len(self.numbers) != 2:
            return []
        first, second = self.numbers
        return [f"{first / second:.2f}" if first and second else ABSENT]


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

    def add(self, name: str, unit: str, *numbers: float | None) -> None:
        """Add a line and show it."""
        figure = Figure(name, unit, numbers)
        self.figures.append(figure)
        cells = figure.cells()
        say(f"  {cells[0]:44} {cells[1]:12}" + "".join(f"{cell:>16}" for cell in cells[2:]))

    def begin(self) -> None:
        """Show the head of the table."""
        heads = self.heads()
        say(f"\n{self.title}")
        say(f"  {'':44} {'':12}" + "".join(f"{head:>16}" for head in heads[2:]))

    def heads(self) -> list[str]:
        """Return the names of the columns."""
        return ["", "unit", *self.systems, *(["ratio"] if len(self.systems) == 2 else [])]


@dataclass(frozen=True)
class Promise:
    """A bound that a number must keep, or one that is aimed at."""

    text: str
    number: float
    bound: float
    at_least: bool = False
    aim: bool = False

    @property
    def kept(self) -> bool:
        """Whether it does."""
        return self.number >= self.bound if self.at_least else self.number <= self.bound

    def line(self) -> str:
        """Return the promise and its outcome."""
        sign = "≥" if self.at_least else "≤"
        verdict = VERDICTS[self.aim][self.kept]
        return f"{verdict}: {self.text} {sign} {self.bound:,g}: {self.number:,.2f}"


@dataclass
class Results:
    """What a run found."""

    tables: list[Table] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)

    def begin(self, table: Table) -> Table:
        """Begin a table."""
        self.tables.append(table)
        table.begin()
        return table

    def promise(self, text: str, number: float, bound: float, *, at_least: bool = False) -> None:
        """Note a promise and show what came of it."""
        promise = Promise(text, number, bound, at_least)
        self.promises.append(promise)
        say(f"  {promise.line()}")

    def aim(self, text: str, number: float, bound: float, *, at_least: bool = False) -> None:
        """Note an aim, which breaks nothing where it is not reached."""
        promise = Promise(text, number, bound, at_least, aim=True)
        self.promises.append(promise)
        say(f"  {promise.line()}")

    @property
    def kept(self) -> bool:
        """Whether all promises were kept."""
        return all(promise.kept or promise.aim for promise in self.promises)
