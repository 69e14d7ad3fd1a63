"""Results as Markdown."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.common.environments import ENVIRONMENTS, versions
from benchmarks.common.figures import Promise, Results, Table
from benchmarks.common.private_redis import PrivateRedis


def write(
    path: Path,
    head: str,
    redis: PrivateRedis,
    named: Mapping[str, tuple[str, ...]],
    results: Results,
    *more: str,
) -> None:
    """Write the page: its head, the circumstances, promises, aims and tables.

    ``named`` has the distributions of each system whose versions are shown.
    """
    lines = [head, *_circumstances(redis, named), *(f"- {line}" for line in more)]
    lines += _promises(results.promises)
    for table in results.tables:
        lines += _section(table)
    path.write_text("\n".join(lines) + "\n")


def _circumstances(redis: PrivateRedis, named: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield f"- Date: {dt.datetime.now(dt.UTC):%Y-%m-%d}"
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
    yield f"- Machine: {machine}, load average {load}"
    info: Any = redis.client(0).info("server")
    yield f"- Python {platform.python_version()}, Redis {info['redis_version']}"
    for name, distributions in named.items():
        own = name == "sysmon"
        folder = Path(sys.executable).parent if own else ENVIRONMENTS / name / "bin"
        yield f"- {name}: {versions(folder, distributions)}"


def _promises(found: list[Promise]) -> Iterator[str]:
    for title, aim in (("Promises", False), ("Aims", True)):
        if some := [promise for promise in found if promise.aim == aim]:
            yield f"\n## {title}\n"
            yield from (f"- {promise.line()}" for promise in some)


def _section(table: Table) -> Iterator[str]:
    heads = table.heads()
    yield f"\n## {table.title}\n"
    yield _row(heads)
    yield _row(["---", "---", *("---:" for _ in heads[2:])])
    for figure in table.figures:
        yield _row(figure.cells())
    yield f"\nHow: {table.how}"
    yield f"\nWhat limits it: {table.limits}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
