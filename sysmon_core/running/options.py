"""Options among the words of a program: a caller's text must be none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sysmon_core.errors import Fault, InvalidInput

END_OF_OPTIONS = "--"  # POSIX, Utility Syntax Guideline 10
SEPARATORS = re.compile(r"[\s,;:|]+")  # at which a plugin may split a text


def taken_for_option(words: Sequence[str], given: Mapping[str, Sequence[str]]) -> str | None:
    """Name the parameter whose text a program would take for an option; None if there is none.

    ``given`` has the texts of each parameter. It is one whose text, or a part of it that a plugin
    may have split off, begins with a dash, where a word that begins so has no ``--`` before it.
    """
    end = words.index(END_OF_OPTIONS) if END_OF_OPTIONS in words else len(words)
    for name, texts in given.items():
        parts = {part for text in texts for part in (text, *SEPARATORS.split(text))}
        dashed = tuple(part for part in parts if part.startswith("-"))
        if any(word.startswith(dashed) for word in words[:end]):
            return name
    return None


def require_no_option(
    program: str, words: Sequence[str], given: Mapping[str, Sequence[str]]
) -> None:
    """Refuse words of a program if one of them is an option that a caller wrote.

    Raises:
        InvalidInput: one is; it names the parameter.
    """
    name = taken_for_option(words, given)
    if name is not None:
        fault = f"must not begin with -: {program} would take it for an option"
        raise InvalidInput([Fault(name, fault)])
