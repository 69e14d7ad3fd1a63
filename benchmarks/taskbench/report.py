"""The results as a page of Markdown."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.taskbench.figures import Table
from benchmarks.taskbench.phases import Results
from benchmarks.taskbench.systems import BIN, Place

HEAD = """# Background tasks: this project beside the classic way

Written by `benchmarks/tasks.py`. Both have the same endpoints (`POST /v2/iostat/`, `GET` and
`DELETE /v2/task/<id>`), the same web server (waitress, 8 threads), the same Redis process and the
same programs; before anything is measured, both are checked to answer alike. The classic way
(`benchmarks/classic/`) is Flask, Flask-RESTful and Celery with Redis as its broker and result
backend and its prefork pool; sysmon has its caps on open tasks lifted. Both log each task.

Times and rates hang on the machine and on what else it does: trust the ratios.
A ratio is the first number by the second.
"""
OURS = ("dramatiq", "redis", "pyramid", "cornice", "waitress")
PEERS = ("celery", "kombu", "redis", "Flask", "Flask-RESTful", "waitress")


def write(path: Path, results: Results, place: Place) -> None:
    """Write the page."""
    path.write_text("\n".join(_page(results, place)) + "\n")


def _page(results: Results, place: Place) -> Iterator[str]:
    yield HEAD
    yield from _circumstances(place)
    yield "\n## Promises\n"
    yield from (f"- {promise.line()}" for promise in results.promises)
    for table in results.tables:
        yield from _section(table)


def _circumstances(place: Place) -> Iterator[str]:
    info: Any = place.client(0).info("server")
    yield f"- Date: {dt.datetime.now(dt.UTC):%Y-%m-%d}"
    yield f"- Machine: {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
    yield f"  load average {', '.join(f'{load:.1f}' for load in os.getloadavg())}"
    yield f"- Python {platform.python_version()}, Redis {info['redis_version']}"
    yield f"- sysmon: {_versions(BIN, OURS)}"
    yield f"- classic: {_versions(place.peer_bin, PEERS)}"


def _versions(folder: Path, names: tuple[str, ...]) -> str:
    code = (
        f"import importlib.metadata as m; print(*('%s %s,' % (n, m.version(n)) for n in {names}))"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [str(folder / "python"), "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().rstrip(",")


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
