"""The words that a shell offers to complete an argument or an option."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from sysmon_core.errors import SysmonError

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def completing(words: Callable[[], Iterable[str]]) -> Complete:
    """Make what click asks for completions; no settings or database that fails disturbs a line."""

    def complete(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
        try:
            return [word for word in words() if word.startswith(begun)]
        except SysmonError:
            return []

    return complete
