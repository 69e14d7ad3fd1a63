"""The results as a page of Markdown."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.environments import versions
from benchmarks.common.figures import Results
from benchmarks.common.page import circumstances, promises, section
from benchmarks.taskbench.systems import BIN, Place

HEAD = """# Background tasks: this project beside the classic way

Written by `benchmarks/tasks.py`. Both have the same endpoints (`POST /v2/iostat/`, `GET` and
`DELETE /v2/task/<id>`), the same Redis process and the same programs, and one process that serves
them, each by the server that is usual for it: sysmon Granian, the classic way waitress with 8
threads. Before anything is measured, both are checked to answer alike. The classic way
(`benchmarks/classic/`) is Flask, Flask-RESTful and Celery with Redis as its broker and result
backend and its prefork pool; sysmon has its caps on open tasks lifted. Both log each task.

Times and rates hang on the machine and on what else it does: trust the ratios.
A ratio is the first number by the second.
"""
OURS = ("dramatiq", "redis", "pyramid", "cornice", "granian")
PEERS = ("celery", "kombu", "redis", "Flask", "Flask-RESTful", "waitress")


def write(path: Path, results: Results, place: Place) -> None:
    """Write the page."""
    path.write_text("\n".join(_page(results, place)) + "\n")


def _page(results: Results, place: Place) -> Iterator[str]:
    yield HEAD
    yield from _circumstances(place)
    yield from promises(results.promises)
    for table in results.tables:
        yield from section(table)


def _circumstances(place: Place) -> Iterator[str]:
    info: Any = place.redis.client(0).info("server")
    yield from circumstances()
    yield f"- Python {platform.python_version()}, Redis {info['redis_version']}"
    yield f"- sysmon: {versions(BIN, OURS)}"
    yield f"- classic: {versions(place.peer_bin, PEERS)}"
