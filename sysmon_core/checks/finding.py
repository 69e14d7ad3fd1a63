"""Finding: the outcome of one check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check's outcome: what is good, or what is at fault and what to do about it."""

    check: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What a check found: its faults, or in a few words what is good."""

    good: str
    faults: Sequence[str] = ()
