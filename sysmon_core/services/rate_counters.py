"""Rate counters: how often each key was counted in a sliding window, in memory of a fixed size.

A dictionary would grow with its keys, and a client that guesses passwords from ever new addresses
makes as many keys as it likes. So keys share cells, as in a count-min sketch (Cormode and
Muthukrishnan, 2005): a key has one cell in each row, and its count is the smallest of its cells. A
count is never too low. It is too high if other keys share all cells of a key: after an hour of 200
guesses a second, more than a process checks with the default settings, that refuses three of ten
thousand new keys. A secret of the store decides which cells a key has, so that no client can choose
keys that share the cells of another.

A window is counted in slices. In any stretch of time as long as the window no more is counted than
the limit, and a count leaves a quarter of the window too late at most.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

SKETCH_ROWS = 3
ROW_BITS = 1 << 20  # 65,536 counters of 16 bits, or a million marks of one bit
SLICES_PER_WINDOW = 4
LIVE_SLICES = SLICES_PER_WINDOW + 1  # the oldest of them is in the window in part
COUNTER_BITS = 16  # as many as the largest rate that the settings take
BYTE_BITS = 8  # the smallest cell of an array


@dataclass(frozen=True)
class RateLimit:
    """How often a key may be counted in a window of so many seconds.

    Args:
        name: distinguishes the limit from others with the same numbers.
        max_count: counts of one key in a window.
        seconds: length of the window.
        bits: of a cell. One bit is enough to know whether a key was counted at all, and with more
            cells in a row fewer keys share one.
    """

    name: str
    max_count: int
    seconds: int
    bits: int = COUNTER_BITS

    @property
    def columns(self) -> int:
        """Cells of a row."""
        return ROW_BITS // self.bits

    def slices(self, now: float) -> range:
        """Return the numbers of the slices that are live at a time, the oldest first."""
        newest = int(now * SLICES_PER_WINDOW // self.seconds)
        return range(newest - SLICES_PER_WINDOW, newest + 1)

    def expiry(self, number: int) -> float:
        """Return the time from which a slice is no longer live."""
        return (number + LIVE_SLICES) * self.seconds / SLICES_PER_WINDOW


class CounterKey(NamedTuple):
    """A name that is counted by a limit; the same name is counted apart by each limit."""

    limit: RateLimit
    name: str


class RateCounters(Protocol):
    """A store of counters; each method takes several keys, and is atomic.

    Times are seconds since the epoch. All methods raise CountersUnavailable if the store cannot be
    reached.
    """

    def retry_after(self, keys: Sequence[CounterKey], now: float) -> float:
        """Return the seconds until one more of each key is within its limit; 0 if it is now."""

    def add(self, keys: Sequence[CounterKey], now: float) -> float:
        """Count one more of each key if all are within their limits; return ``retry_after``."""

    def change(self, keys: Sequence[CounterKey], when: float, by: int) -> None:
        """Add to the counts of a time, or subtract from them, whatever the limits are."""

    def clear(self, keys: Sequence[CounterKey], now: float) -> None:
        """Set the counts of all live slices to zero."""


class LocalRateCounters:
    """Counters in this process's own memory: a store that can always be reached."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._cells: dict[tuple[RateLimit, int], array[int]] = {}

    def retry_after(self, keys: Sequence[CounterKey], now: float) -> float:
        """See ``RateCounters``."""
        with self._lock:
            return max(self._retry_after(key, now) for key in keys)

    def add(self, keys: Sequence[CounterKey], now: float) -> float:
        """See ``RateCounters``."""
        with self._lock:
            seconds = max(self._retry_after(key, now) for key in keys)
            if not seconds:
                for key in keys:
                    self._change(key, key.limit.slices(now)[-1], 1)
            return seconds

    def change(self, keys: Sequence[CounterKey], when: float, by: int) -> None:
        """See ``RateCounters``."""
        with self._lock:
            for key in keys:
                self._change(key, key.limit.slices(when)[-1], by)

    def clear(self, keys: Sequence[CounterKey], now: float) -> None:
        """See ``RateCounters``."""
        with self._lock:
            for key in keys:
                for number in key.limit.slices(now):
                    self._change(key, number, -min(self._counts(key, number)))

    def _retry_after(self, key: CounterKey, now: float) -> float:
        limit = key.limit
        slices = limit.slices(now)
        by_slice = [self._counts(key, number) for number in slices]
        count = min(map(sum, zip(*by_slice, strict=True)))
        seconds = 0.0
        for number, counts in zip(slices, by_slice, strict=True):
            if count < limit.max_count:
                break
            count -= min(counts)
            seconds = limit.expiry(number) - now
        return seconds

    def _counts(self, key: CounterKey, number: int) -> list[int]:
        """Return the counts of a key in a slice, one of each row."""
        cells = self._cells.get((key.limit, number))
        return [cells[index] for index in self._indexes(key)] if cells else [0] * SKETCH_ROWS

    def _change(self, key: CounterKey, number: int, by: int) -> None:
        limit = key.limit
        if by > 0 and (limit, number) not in self._cells:
            self._begin_slice(limit, number)
        if cells := self._cells.get((limit, number)):
            for index in self._indexes(key):
                cells[index] = min(max(cells[index] + by, 0), (1 << limit.bits) - 1)

    def _begin_slice(self, limit: RateLimit, number: int) -> None:
        """Make the cells of a new slice, and drop slices that are no longer live."""
        old = [key for key in self._cells if key[0] == limit and key[1] + LIVE_SLICES <= number]
        for key in old:
            del self._cells[key]
        kind = "H" if limit.bits > BYTE_BITS else "B"
        self._cells[limit, number] = array(kind, [0]) * (SKETCH_ROWS * limit.columns)

    def _indexes(self, key: CounterKey) -> list[int]:
        """Hash a key to the indexes of its cells, one of each row."""
        digest = hashlib.blake2b(key.name.encode(), key=self._secret, digest_size=4 * SKETCH_ROWS)
        numbers = memoryview(digest.digest()).cast("I")
        columns = key.limit.columns
        return [row * columns + number % columns for row, number in enumerate(numbers)]
