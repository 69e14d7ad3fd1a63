"""Rewrites the reference at the end of docs/plugins.md from the docstrings of the facade."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from sysmon_core import Host, Run, facade

PAGE = Path(__file__).parent / "plugins.md"
HEADING = "## Reference\n"
INTRODUCTION = (
    "What `sysmon_core` has for authors, from its docstrings; all else in it may change.\n"
)
HOMEPAGES = {"pydantic": "https://docs.pydantic.dev", "pydantic_core": "https://docs.pydantic.dev"}
TYPES = {  # neither classes nor functions, so without docstrings of their own
    "Duration": "Seconds, for a parameter; a caller may write `90`, `90s`, `5m`, `1.5h` or `2d`.",
    "Integer": "A whole number, written in ASCII digits alone: the type of a parameter.",
    "Row": "A dict from column names to what JSON knows.",
    "Size": "Bytes, for a parameter; a caller may write `4096`, `64K` (of 1024) or `1.5G`.",
    "hookimpl": "Marks `sysmon_metrics`, the function by which a plugin gives its metrics.",
}


def reference(module: ModuleType) -> str:
    """Return the reference in Markdown: a section for each name that the module lists."""
    parts = (_part(name, getattr(module, name)) for name in module.__all__)
    return "\n".join([HEADING, INTRODUCTION, *parts])


def _part(name: str, value: object) -> str:
    home = str(getattr(value, "__module__", "")).partition(".")[0]
    if home in HOMEPAGES:
        return f"### `{name}`\n\nAs [{home}]({HOMEPAGES[home]}) has it.\n"
    if name in TYPES:
        return f"### `{name}`\n\n{TYPES[name]}\n"
    return f"### `{name}`\n\n{''.join(_described(value))}"


def _described(value: object) -> Iterator[str]:
    text, _, rest = (inspect.getdoc(value) or "").partition("\nArgs:\n")
    yield _code(text.strip()) + "\n"
    arguments, _, errors = rest.partition("\nRaises:\n")
    items = [*_items(arguments), *_methods(value)]
    if items:
        yield "\n| | |\n| --- | --- |\n"
    for name, what in items:
        yield f"| `{name}` | {_code(what)} |\n"
    for name, what in _items(errors):
        yield f"\nRaises `{name}`: {_code(what)}\n"


def _items(block: str) -> list[tuple[str, str]]:
    """Return the pairs ``name: text`` of a docstring's section.

    A text goes on in indented lines.
    """
    found = re.findall(r"^    (\S[^:\n]*): (.*(?:\n {8}.*)*)", block, re.MULTILINE)
    return [(name, " ".join(what.split())) for name, what in found]


def _methods(value: object) -> Iterator[tuple[str, str]]:
    """Yield the methods of Host and Run and their summaries; authors call no others."""
    if value is Host or value is Run:
        found = {name: one for kind in reversed(value.__mro__) for name, one in vars(kind).items()}
        for name, method in found.items():
            if inspect.isfunction(method) and not name.startswith("_"):
                words = ", ".join(list(inspect.signature(method).parameters)[1:])
                yield f"{name}({words})", (inspect.getdoc(method) or "").partition("\n")[0]


def _code(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def renewed(page: str) -> str:
    """Return the page with a new reference."""
    return page.partition(HEADING)[0] + reference(facade)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
