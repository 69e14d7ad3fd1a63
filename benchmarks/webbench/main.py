"""A whole run, from the processes to the exit status."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.common.environments import program
from benchmarks.common.figures import Results, say
from benchmarks.common.page import write
from benchmarks.common.run import options, run
from benchmarks.webbench import (
    held,
    matrix,
    memory,
    page,
    peers,
    plot,
    scale,
    several,
    siege,
    start,
    waiting,
)
from benchmarks.webbench.bench import FULL, QUICK, Bench

FILES = 8192
SECTIONS = {
    "held": held.run,
    "connections": matrix.run,
    "processes": several.run,
    "page": page.run,
    "scale": scale.run,
    "siege": siege.run,
    "waiting": waiting.run,
    "memory": memory.run,
    "start": start.run,
}
LOOK = ("connections", "memory")  # what a quick run has, unless it is told
HEAD = """# What users feel, beside every peer

Written by `benchmarks/web.py`. Requests of each kind, with one connection and with a thousand, to
each system that has such a thing, on the same machine in the same run: **sysmon**, as
production.ini has it; **classic**, the same contract in Flask, Flask-RESTful and Celery under
gunicorn (`benchmarks/classic/`); **FastAPI** under uvicorn; **Glances**' REST API,
`/api/4/uptime`; **bare**, a WSGI function under Granian that gives the bytes of sysmon's uptime,
which is the limit (`benchmarks/peers/`). The server that is measured is held to the contract by
`tests/live/contract/` in the same run. A run fails where a promise is broken, and names it; an aim
that is not reached fails nothing.

Times and rates depend on the machine and its other load: trust the ratios.
"""
VERSIONS = {
    "sysmon": ("pyramid", "cornice", "granian", "dramatiq", "redis", "SQLAlchemy", "pydantic"),
    "bare": ("granian",),
    "classic": ("Flask", "Flask-RESTful", "celery", "gunicorn"),
    "fastapi": ("fastapi", "uvicorn", "uvloop", "httptools"),
    "glances": ("Glances", "fastapi", "uvicorn"),
}


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    parser = options("What users feel over HTTP, against peers.")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section alone")
    parser.add_argument("--plot", type=Path, help="draw a plot there, as SVG")
    given = parser.parse_args()
    how_much = QUICK if given.quick else FULL
    _allow_files()
    say("The peers' environments: made at the first run, and when their requirements change")
    for name in peers.REQUIREMENTS:
        peers.folder_of(name)
    results = Results()
    with run(how_much.limit, results) as (folder, redis):
        bench = Bench(folder, redis, how_much, results)
        for section in given.only or (LOOK if given.quick else SECTIONS):
            say(f"\n== {section}")
            SECTIONS[section](bench)
        drawn = given.plot and plot.draw(bench.plotted, given.plot)
        if given.out:
            head = HEAD + (f"\n![Answers a second]({given.plot.name})\n" if drawn else "")
            write(given.out, head, redis, VERSIONS, results, *_programs())
    return 0 if results.kept else 1


def _programs() -> list[str]:
    """Return the versions of wrk, which prints its own with status 1, and of node_exporter."""
    commands = ((program("wrk"), "-v"), (program("prometheus-node-exporter"), "--version"))
    return [_first_line(*command) for command in commands]


def _first_line(*argv: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.splitlines()[0].partition(" Copyright")[0].partition(" (")[0]


def _allow_files() -> None:
    """Let this and all that it starts open enough files for a thousand connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
