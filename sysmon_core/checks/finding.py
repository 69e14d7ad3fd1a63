"""Finding: the outcome of one check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """Whether what was checked is good, falls short, or was passed over; as plain text shows it."""

    GOOD = "ok"
    SHORT = "short"
    PASSED_OVER = "-"


@dataclass(frozen=True)
class Finding:
    """One check's outcome: what is good, a fault and its remedy, or why it was not made."""

    check: str
    mark: Mark
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What a check found: its faults, or in a few words what is good."""

    good: str
    faults: Sequence[str] = ()
