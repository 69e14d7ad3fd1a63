"""A whole run, from the processes to the exit status."""

from __future__ import annotations

import contextlib
import os
import sys

from benchmarks.common import finished
from benchmarks.common.figures import Results, say
from benchmarks.common.page import write
from benchmarks.common.run import options, run
from benchmarks.taskbench import phases
from benchmarks.taskbench.phases import FULL, QUICK, THREADS, Scale, Systems
from benchmarks.taskbench.systems import Place
from benchmarks.webbench.peers import folder_of

PEER_POOL = os.cpu_count() or 1  # processes: Celery's default
HEAD = """# Background tasks: this project beside the classic way

Written by `benchmarks/tasks.py`. Both have the same endpoints (`POST /v2/iostat/`, `GET` and
`DELETE /v2/task/<id>`), the same Redis process and the same programs, and one process that serves
them: sysmon Granian, the classic way gunicorn with a sync worker. Before anything is measured, both
are checked to answer alike. The classic way (`benchmarks/classic/`) is Flask, Flask-RESTful and
Celery with Redis as its broker and result backend and its prefork pool; sysmon limits no open
tasks. Both log each task.

Times and rates depend on the machine and its other load: trust the ratios.
A ratio is the first number by the second.
"""
VERSIONS = {
    "sysmon": ("dramatiq", "redis", "pyramid", "cornice", "granian"),
    "classic": ("celery", "kombu", "redis", "Flask", "Flask-RESTful", "gunicorn"),
}


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    given = options("Background tasks against the classic way.").parse_args()
    scale = QUICK if given.quick else FULL
    folder_of("classic")
    results = Results()
    with run(scale.limit, results) as (folder, redis):
        place = Place.prepared(folder, redis)
        _measure(place, scale, results)
        if given.out:
            write(given.out, HEAD, redis, VERSIONS, results)
    return 0 if results.kept else 1


def _measure(place: Place, scale: Scale, results: Results) -> None:
    systems = Systems(
        place.sysmon(0, THREADS),
        place.classic(1, PEER_POOL),
        place.sysmon(2, THREADS),
        place.classic(3, PEER_POOL),
    )
    with contextlib.ExitStack() as stack:
        for system in systems.all:
            stack.enter_context(system.running())
            done = system.check()
            if system in (systems.full_sysmon, systems.full_classic):
                count = finished.fill(system.redis, done, scale.finished)
                say(f"{system.label}: {count:,} keys of finished tasks")
        phases.dispatch(systems, scale, results)
        phases.idle(systems, scale, results)
        phases.bursts(systems, scale, results)
        for system in systems.all:
            system.stop_worker()
        phases.submissions(systems, scale, results)
    phases.holding(place, scale, results)


if __name__ == "__main__":
    sys.exit(main())
