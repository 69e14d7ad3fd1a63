"""The results as a page of Markdown."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.environments import program, versions
from benchmarks.common.page import circumstances, promises, section
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.peers import folder_of

HEAD = """# What users feel, beside every peer

Written by `benchmarks/web.py`. Requests of each kind, with one connection and with a thousand, to
each system that has such a thing, on the same machine in the same run: **sysmon**, as
production.ini has it; **classic**, the same contract in Flask, Flask-RESTful and Celery under
gunicorn (`benchmarks/classic/`); **FastAPI** under uvicorn; **Glances**' REST API,
`/api/4/uptime`; **bare**, a WSGI function under Granian that gives the bytes of sysmon's uptime,
which is the limit (`benchmarks/peers/`). The server that is measured is held to the contract by
`tests/live/contract/` in the same run. A run fails where a promise is broken, and tells
which; an aim that is not reached fails nothing.

Times and rates hang on the machine and on what else it does: trust the ratios.
"""
OURS = ("pyramid", "cornice", "granian", "dramatiq", "redis", "SQLAlchemy", "pydantic")
PEERS = {
    "bare": ("granian",),
    "classic": ("Flask", "Flask-RESTful", "celery", "gunicorn"),
    "fastapi": ("fastapi", "uvicorn", "uvloop", "httptools"),
    "glances": ("Glances", "fastapi", "uvicorn"),
}


def write(path: Path, bench: Bench, plot: Path | None) -> None:
    """Write the page, and show the plot in it if there is one."""
    path.write_text("\n".join(_page(bench, plot)) + "\n")


def _page(bench: Bench, plot: Path | None) -> Iterator[str]:
    yield HEAD
    if plot:
        yield f"![Answers a second, by connections]({plot.name})\n"
    yield from circumstances()
    info: Any = bench.redis.client(0).info("server")
    yield f"- Python {platform.python_version()}, Redis {info['redis_version']}"
    yield f"- Load: {_first_line(program('wrk'), '-v')}"
    yield f"- sysmon: {versions(Path(sys.executable).parent, OURS)}"
    for name, distributions in PEERS.items():
        yield f"- {name}: {versions(folder_of(name), distributions)}"
    yield f"- node_exporter: {_first_line(program('prometheus-node-exporter'), '--version')}"
    yield from promises(bench.results.promises)
    for table in bench.results.tables:
        yield from section(table)


def _first_line(*argv: str) -> str:
    """What a program says of its version; wrk says it with status 1."""
    done = subprocess.run(  # noqa: S603 - our own words
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.splitlines()[0].partition(" Copyright")[0].partition(" (")[0]
