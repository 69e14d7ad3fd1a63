"""JSON as the pages show it: in lines of a page's width, long lists cut."""

from __future__ import annotations

import json
import re
from typing import Any

WIDTH = 76
SHOWN_ITEMS = 2  # of a list of objects; "..." stands for the rest
MORE = "..."


def laid_out(value: Any, indent: str = "", room: int = WIDTH) -> str:
    """A value in one line where that has room, else a line for each of its parts."""
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or (len(line) <= room and not _long(value)):
        return line
    inner = f"{indent}  "
    if isinstance(value, list):
        return f"[\n{_items(value, inner)}\n{indent}]"
    if indent and not any(isinstance(one, dict | list) for one in value.values()):
        return _filled(value, indent)
    parts = (
        f"{inner}{json.dumps(name)}: {laid_out(one, inner, room - len(name) - 6)}"
        for name, one in value.items()
    )
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def _filled(value: dict[str, Any], indent: str) -> str:
    """An object inside another, as many members in a line as have room."""
    lines = ["{"]
    for name, one in value.items():
        member = f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}, "
        if len(indent + lines[-1] + member) > WIDTH:
            lines.append("  ")
        lines[-1] += member
    return f"\n{indent}".join(line.rstrip() for line in lines).rstrip(",") + "}"


def _long(value: Any) -> bool:
    """Whether a list of objects somewhere inside is to be cut."""
    if isinstance(value, dict):
        return any(map(_long, value.values()))
    return isinstance(value, list) and (_cut(value) or any(map(_long, value)))


def _cut(items: list[Any]) -> bool:
    return len(items) > SHOWN_ITEMS and isinstance(items[0], dict) and "rel" not in items[0]


def _items(items: list[Any], indent: str) -> str:
    shown = items[:SHOWN_ITEMS] if _cut(items) else items
    lines = [indent + laid_out(one, indent, WIDTH - len(indent)) for one in shown]
    return ",\n".join([*lines, *([indent + MORE] if _cut(items) else [])])


def read_back(text: str) -> Any:
    """The value that ``laid_out`` showed, without what it cut."""
    return json.loads(re.sub(rf",\s*{re.escape(MORE)}\n", "\n", text))
