"""Sample: the rows of one moment of a run, as they come and as reports have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """The rows of one moment.

    While a run goes on, a sample may come in parts, which have the same index and follow each
    other.

    Args:
        at: the moment at which its first row came, in seconds since 1970.
        rows: dicts of what JSON knows, with the columns of the metric.
        index: its place among all samples of the run, from 0 on.
        since_boot: whether it covers the time since boot instead of an interval.
    """

    at: float
    rows: Sequence[Row]
    index: int = 0
    since_boot: bool = False


SampleListener = Callable[[Sample], None]
