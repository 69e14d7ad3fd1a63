"""Whether an answer is like another one: what no run changes is the same."""

from __future__ import annotations

import re
from typing import Any

SAME = frozenset(  # members whose values no run changes
    (
        *("state", "code", "type", "status", "title", "kind", "unit", "name", "scope", "rel"),
        *("method", "username", "owner", "fullname", "admin", "by", "metric", "complete"),
        *("truncated", "since_boot", "long", "detail", "meaning", "remedy", "params"),
    )
)
VARYING = (
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"(?<=sysmon_session=)[^;]+",
    r"(?<=expires=)[^;]+",
    r'W/"[^"]+"',
    r"[0-9]+",
)


def likeness(shown: Any, given: Any, name: str = "") -> str | None:
    """Say where two values of JSON are unlike; None if they are alike.

    Of lists of objects those items are compared that both have.
    """
    if isinstance(shown, dict) and isinstance(given, dict):
        if list(shown) != list(given):
            return f"{name}: {list(shown)} is {list(given)}"
        return _first(likeness(shown[key], given[key], key) for key in shown)
    if isinstance(shown, list) and isinstance(given, list):
        if bool(shown) != bool(given):
            return f"{name}: {len(shown)} items are {len(given)}"
        return _first(likeness(one, other, name) for one, other in zip(shown, given, strict=False))
    alike = shown == given if name in SAME else _kind(shown) == _kind(given)
    return None if alike else f"{name}: {shown!r} is {given!r}"


def masked(line: str) -> str:
    """A line of a header or a text without what each run changes."""
    for pattern in VARYING:
        line = re.sub(pattern, "*", line)
    return line


def _first(found: Any) -> str | None:
    return next((one for one in found if one), None)


def _kind(value: Any) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__
