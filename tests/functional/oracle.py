"""What the contract says to a request for a metric, written from its tables and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

Fields = Sequence[tuple[str, object]]

LIMITS = {"v1": 30, "v2": 86400}  # seconds, as the settings have them
MOST_FIELDS = 100
MOST_DIGITS = 4300
KNOWN = {"iostat": {"count", "wait"}, "vmstat": {"count", "wait"}, "uptime": set[str]()}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Body:
    """A body: its bytes, the header Content-Type, and what it means by that header.

    ``refused`` has the statuses of which one is due whatever its fields are.
    """

    content: bytes = b""
    kind: str | None = None
    fields: Fields = ()
    refused: frozenset[int] = frozenset()


def form(raw: str) -> Fields | None:
    """The fields of a query string or a form; None if it is no text, or has too many."""
    fields = []
    for piece in raw.split("&"):
        name, _, value = piece.replace("+", " ").partition("=")
        try:
            pair = unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
        except UnicodeDecodeError:
            return None
        if piece:
            fields.append(pair)
    return fields if raw.count("&") < MOST_FIELDS else None


def whole(value: object) -> int | None:
    """The number, if it is whole and written in the digits 0 to 9; JSON has numbers of its own."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(f"[0-9]{{1,{MOST_DIGITS}}}", value):
        return int(value)
    return None


def fit(metric: str, version: str, fields: Fields) -> bool:
    """Whether the fields make a run that the version does."""
    names = Counter(name for name, _ in fields)
    if set(names) - KNOWN[metric] or any(times > 1 for times in names.values()):
        return False
    numbers = {name: whole(value) for name, value in fields}
    if not all(number and number >= 1 for number in numbers.values()):
        return False
    count, wait = numbers.get("count") or 1, numbers.get("wait") or 1
    return (wait == 1 or count > 1) and wait * (count - 1) <= LIMITS[version]


def readable(query: str) -> bool:
    """Whether it is UTF-8 without control characters."""
    try:
        return not CONTROL.search(unquote_to_bytes(query).decode())
    except UnicodeDecodeError:
        return False


def expected(metric: str, version: str, method: str, query: str, body: Body) -> frozenset[int]:
    """The statuses of which one is due."""
    if not readable(query):
        return frozenset({400})
    task = version == "v2" and metric != "uptime"
    if method == ("HEAD" if task else "POST"):
        return frozenset({405})
    fields = form(query)
    sent = body.fields if method == "POST" else ()
    refused = set(body.refused if method == "POST" else ())
    if fields is None or (not refused and not fit(metric, version, [*fields, *sent])):
        refused.add(400)
    return frozenset(refused or {201 if task else 200})
