"""Explanations of all problems, for the pages that their types lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus

from sysmon_core.api.framework.errors import meaning, status_of
from sysmon_core.api.framework.problems import NAMES
from sysmon_core.api.framework.remedies import REMEDIES
from sysmon_core.errors import SysmonError, code_of

MEANINGS = {  # of problems that no exception stands for, by their status
    400: "The request cannot be read: its path, its query, a header or its body.",
    401: "Valid credentials of a user are needed here.",
    403: "This needs an admin.",
    404: "There is nothing at this path.",
    405: "The path does not know the method.",
    406: "The header Accept leaves nothing that could be answered.",
    408: "The whole body had not arrived in time.",
    413: "The body is larger than this service takes.",
    415: "The body is neither JSON nor a form, or does not say which.",
    421: "The header Host is no name of this service.",
    500: "Something went wrong inside.",
}


@dataclass(frozen=True)
class Explanation:
    """What a problem is, for people.

    Args:
        name: the end of its type; problems themselves have it as ``code``.
        status: that of the responses which have it.
        meaning: what happened, as a sentence.
        remedy: what to do about it, likewise.
    """

    name: str
    status: int
    meaning: str
    remedy: str

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("-", " ").capitalize()

    @property
    def status_line(self) -> str:
        """The status, and what HTTP calls it."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def as_html(text: str) -> str:
    """Return a sentence as HTML, what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )


def explanations() -> Mapping[str, Explanation]:
    """Explain every problem that there can be, by its name."""
    meanings = [(NAMES[status], status, text) for status, text in MEANINGS.items()]
    meanings += [(code_of(kind), status_of(kind), meaning(kind)) for kind in _kinds(SysmonError)]
    return {
        name: Explanation(name, status, text, REMEDIES[name])
        for name, status, text in sorted(meanings)
    }


def _kinds(base: type[SysmonError]) -> Iterator[type[SysmonError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)
