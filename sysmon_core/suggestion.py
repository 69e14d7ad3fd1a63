"""Suggestion: the name that somebody probably meant who wrote an unknown one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

LIKENESS = 0.6  # from 0 to 1, as difflib measures it: its own default


def suggestion(
    name: str,
    known: Iterable[str],
    written: Callable[[str], str] = str,
    likeness: float = LIKENESS,
) -> str:
    """Ask ``did you mean NAME?`` if a known name is like this one; else return an empty text.

    ``written`` says how a known name is to be written.
    """
    close = get_close_matches(name, list(known), 1, likeness)
    return f"did you mean {written(close[0])}?" if close else ""
