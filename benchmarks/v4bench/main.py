"""A whole run, from the processes to the exit status."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.figures import Results
from benchmarks.common.page import write
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.run import options, run
from benchmarks.taskbench.systems import Place as TaskPlace
from benchmarks.v4bench import footprint, rows
from benchmarks.v4bench.place import place

HEAD = """# Version 4 of the API: rows as they come, polls, memory

Written by `benchmarks/v4.py`; waits and lists are in RESULTS.md. One server process on
production.ini, one worker and one Redis, all on one machine with what loads them; a user logs in by
Basic.

Times and rates depend on the machine and its other load: trust the ratios.
A ratio is the first number by the second.
"""
VERSIONS = {"sysmon": ("dramatiq", "redis", "pyramid", "cornice", "granian")}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    limit: int  # seconds for the whole run
    tasks: int  # whose rows are watched
    reports: int
    rounds: int
    seconds: float  # of each load
    hold: float  # seconds


FULL = Scale(240, 8, 20, 3, 2, 40)
QUICK = Scale(120, 4, 8, 2, 1, 5)


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    given = options("Version 4 of the API.").parse_args()
    results = Results()
    with run((QUICK if given.quick else FULL).limit, results) as (folder, redis):
        _measure(folder, redis, QUICK if given.quick else FULL, results)
        if given.out:
            write(given.out, HEAD, redis, VERSIONS, results)
    return 0 if results.kept else 1


def _measure(folder: Path, redis: PrivateRedis, scale: Scale, results: Results) -> None:
    with place(folder, redis, 0) as one:
        rows.shown(one, scale.tasks, scale.reports, results)
        rows.polls(one, scale.rounds, scale.seconds, results)
    stamped = folder / "programs" / "iostat"
    stamped.unlink()  # from here on the host's own
    stamped.parent.rmdir()
    footprint.running(TaskPlace.prepared(folder, redis), redis, scale.hold, results)


if __name__ == "__main__":
    sys.exit(main())
