"""Results as Markdown."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterator

from benchmarks.common.figures import Promise, Table


def circumstances() -> Iterator[str]:
    """When and where it was measured."""
    yield f"- Date: {dt.datetime.now(dt.UTC):%Y-%m-%d}"
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
    yield f"- Machine: {machine}, load average {load}"


def promises(found: list[Promise]) -> Iterator[str]:
    """What was promised and aimed at, and what came of it."""
    for title, aim in (("Promises", False), ("Aims", True)):
        if some := [promise for promise in found if promise.aim == aim]:
            yield f"\n## {title}\n"
            yield from (f"- {promise.line()}" for promise in some)


def section(table: Table) -> Iterator[str]:
    """A table, how it was measured, what limits it, and what would raise that limit."""
    heads = table.heads()
    yield f"\n## {table.title}\n"
    yield _row(heads)
    yield _row(["---", "---", *("---:" for _ in heads[2:])])
    for figure in table.figures:
        yield _row(figure.cells())
    yield f"\nHow: {table.how}"
    yield f"\nWhat limits it: {table.limits}"
    if table.step:
        yield f"\nThe next step: {table.step}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
