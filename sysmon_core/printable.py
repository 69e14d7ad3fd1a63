"""Text from outside, escaped so that printing it does no more than show it."""

from __future__ import annotations

LAYOUT = "\n\t"


def printable(text: str, keep: str = "") -> str:
    r"""Escape control characters, line breaks and direction overrides, except those in ``keep``.

    A letter of any script stays as it is; ``\x1b`` stands for an escape character.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text
    )


def printable_lines(text: str) -> str:
    """Escape as ``printable`` does, but keep line breaks and tabs."""
    return printable(text, LAYOUT)


def one_line(text: str) -> str:
    """Write a text of any length on one line, each run of white space as one space."""
    return printable(" ".join(text.split()))


def describe(error: BaseException) -> str:
    """Describe an exception of foreign code on one line, even if its text is empty or fails."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
