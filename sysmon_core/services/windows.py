"""Counts things in sliding windows of time, in a memory whose size nobody can change.

A store with an entry for each thing grows with the things, and whoever guesses passwords from
ever new addresses makes as many as they like. Here they share cells, as in a count-min sketch
(Cormode and Muthukrishnan, 2005): each has a cell in each row, which others may have too, and the
smallest of its counts is the nearest to its own. So nothing is ever counted too low. It is counted
too high if all of its cells are shared: with 200 guesses a second for a whole hour, which is more
than a process of usual settings checks, that refuses three newcomers of ten thousand. Which cells a
thing has depends on a secret of the store, so that nobody can choose to share somebody else's.

A window is counted in slices: there are never more things in any stretch of its length than may be,
and what was counted is forgotten a quarter of the length later at most.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

ROWS = 3
ROW_BITS = 1 << 20  # 65,536 counters, or a million marks
SLICES = 4  # of a window
COUNTED = SLICES + 1  # that count: the oldest of them is in the window in part
COUNTER_BITS = 16  # as many as the largest rate of the settings has
BYTE = 8  # bits: the least that this process's own memory takes for a cell


@dataclass(frozen=True)
class Rule:
    """How many things of one kind there may be in so many seconds.

    Args:
        bits: of a cell: one is enough where only whether there was any matters, and shares less.
    """

    name: str
    most: int
    seconds: int
    bits: int = COUNTER_BITS

    @property
    def columns(self) -> int:
        """Cells of a row."""
        return ROW_BITS // self.bits

    def slices(self, now: float) -> range:
        """The numbers of the slices that count, the oldest first."""
        newest = int(now * SLICES // self.seconds)
        return range(newest - SLICES, newest + 1)

    def leaves(self, number: int) -> float:
        """The time at which a slice counts no more."""
        return (number + COUNTED) * self.seconds / SLICES


class Thing(NamedTuple):
    """Something that is counted by a rule; its name tells it from others of the same rule."""

    rule: Rule
    name: str


class RateCounters(Protocol):
    """Where things are counted.

    All methods raise WindowsUnavailable if it cannot be reached.
    """

    def wait(self, things: Sequence[Thing], now: float) -> float:
        """In how many seconds there is room for one more of each; 0 if there is."""

    def add(self, things: Sequence[Thing], now: float) -> float:
        """Count one more of each if there is room for all; gives what ``wait`` gives."""

    def change(self, things: Sequence[Thing], when: float, by: int) -> None:
        """Count so many more or less of each, as of then, room or no room."""

    def clear(self, things: Sequence[Thing], now: float) -> None:
        """Forget all of these."""


class LocalRateCounters:
    """Counts in this process's own memory: a store that is always there."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._cells: dict[tuple[Rule, int], array[int]] = {}

    def wait(self, things: Sequence[Thing], now: float) -> float:
        """See ``RateCounters``."""
        with self._lock:
            return max(self._wait(thing, now) for thing in things)

    def add(self, things: Sequence[Thing], now: float) -> float:
        """See ``RateCounters``."""
        with self._lock:
            seconds = max(self._wait(thing, now) for thing in things)
            if not seconds:
                for thing in things:
                    self._change(thing, thing.rule.slices(now)[-1], 1)
            return seconds

    def change(self, things: Sequence[Thing], when: float, by: int) -> None:
        """See ``RateCounters``."""
        with self._lock:
            for thing in things:
                self._change(thing, thing.rule.slices(when)[-1], by)

    def clear(self, things: Sequence[Thing], now: float) -> None:
        """See ``RateCounters``."""
        with self._lock:
            for thing in things:
                for number in thing.rule.slices(now):
                    self._change(thing, number, -min(self._counts(thing, number)))

    def _wait(self, thing: Thing, now: float) -> float:
        rule = thing.rule
        slices = rule.slices(now)
        left = min(map(sum, zip(*(self._counts(thing, one) for one in slices), strict=True)))
        seconds = 0.0
        for number in slices:
            if left < rule.most:
                break
            left -= min(self._counts(thing, number))
            seconds = rule.leaves(number) - now
        return seconds

    def _counts(self, thing: Thing, number: int) -> list[int]:
        """What each row has counted of it in a slice."""
        cells = self._cells.get((thing.rule, number))
        return [cells[at] for at in self._places(thing)] if cells else [0] * ROWS

    def _change(self, thing: Thing, number: int, by: int) -> None:
        rule = thing.rule
        if by > 0 and (rule, number) not in self._cells:
            self._begin(rule, number)
        if cells := self._cells.get((rule, number)):
            for at in self._places(thing):
                cells[at] = min(max(cells[at] + by, 0), (1 << rule.bits) - 1)

    def _begin(self, rule: Rule, number: int) -> None:
        """Make room for a slice, and forget those that count no more."""
        old = [key for key in self._cells if key[0] == rule and key[1] + COUNTED <= number]
        for key in old:
            del self._cells[key]
        kind = "H" if rule.bits > BYTE else "B"
        self._cells[rule, number] = array(kind, [0]) * (ROWS * rule.columns)

    def _places(self, thing: Thing) -> list[int]:
        digest = hashlib.blake2b(thing.name.encode(), key=self._secret, digest_size=4 * ROWS)
        drawn = memoryview(digest.digest()).cast("I")
        columns = thing.rule.columns
        return [row * columns + number % columns for row, number in enumerate(drawn)]
