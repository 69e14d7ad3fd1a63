"""A whole run, from the processes to the exit status."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common.bounded import bounded
from benchmarks.common.figures import say
from benchmarks.common.private_redis import private_redis
from benchmarks.webbench import (
    held,
    matrix,
    memory,
    page,
    peers,
    plot,
    report,
    scale,
    several,
    siege,
    start,
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
    "memory": memory.run,
    "start": start.run,
}
LOOK = ("connections", "memory")  # what a quick run has, unless it is told


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    parser = argparse.ArgumentParser(description="What users feel over HTTP, against peers.")
    parser.add_argument(
        "--quick", action="store_true", help="connections and memory, in two minutes"
    )
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section alone")
    parser.add_argument("--out", type=Path, help="write the results there, as Markdown")
    parser.add_argument("--plot", type=Path, help="draw a plot there, as SVG")
    options = parser.parse_args()
    how_much = QUICK if options.quick else FULL
    _allow_files()
    say("The peers' environments: made at the first run, and when their requirements change")
    for name in peers.REQUIREMENTS:
        peers.folder_of(name)
    begin = time.monotonic()
    with (
        bounded(how_much.limit),
        tempfile.TemporaryDirectory(prefix="sysmon-bench-") as name,
        private_redis(Path(name)) as redis,
    ):
        bench = Bench(Path(name), redis, how_much)
        for section in options.only or (LOOK if options.quick else SECTIONS):
            say(f"\n== {section}, after {time.monotonic() - begin:.0f} s")
            SECTIONS[section](bench)
        drawn = options.plot if options.plot and plot.draw(bench.plotted, options.plot) else None
        if options.out:
            report.write(options.out, bench, drawn)
    say(f"\n{time.monotonic() - begin:.0f} s in all")
    for promise in bench.results.promises:
        say(promise.line())
    return 0 if bench.results.kept else 1


def _allow_files() -> None:
    """Let this and all that it starts open enough files for a thousand connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
