"""A whole run, from the processes to the exit status."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.common import finished
from benchmarks.common.bounded import bounded
from benchmarks.common.figures import Results, say
from benchmarks.taskbench import likeness, phases, report
from benchmarks.taskbench.phases import FULL, QUICK, Scale, Systems
from benchmarks.taskbench.place import peer_environment, prepared
from benchmarks.taskbench.systems import THREADS, Classic, Place, Sysmon, System

PEER_POOL = os.cpu_count() or 1  # processes: Celery's default


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    parser = argparse.ArgumentParser(description="Background tasks against the classic way.")
    parser.add_argument("--quick", action="store_true", help="under two minutes, less exact")
    parser.add_argument("--out", type=Path, help="write the results there, as Markdown")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    say("The peer's environment: made at the first run, and when its requirements change")
    peer_bin = peer_environment()
    begin = time.monotonic()
    with bounded(scale.limit), prepared(peer_bin) as place:
        results = _measure(place, scale)
        if options.out:
            report.write(options.out, results, place)
    say(f"\n{time.monotonic() - begin:.0f} s in all")
    for promise in results.promises:
        say(promise.line())
    return 0 if results.kept else 1


def _measure(place: Place, scale: Scale) -> Results:
    results = Results()
    with contextlib.ExitStack() as stack:
        systems = _started(place, stack)
        _check(systems, scale)
        phases.dispatch(systems, scale, results)
        phases.idle(systems, scale, results)
        phases.bursts(systems, scale, results)
        phases.cancels(systems, scale, results)
        _each(System.stop_worker, systems)
        phases.submissions(systems, scale, results)
    phases.holding(place, scale, results)
    return results


def _started(place: Place, stack: contextlib.ExitStack) -> Systems:
    systems = Systems(
        Sysmon(place, 0, THREADS),
        Classic(place, 1, PEER_POOL),
        Sysmon(place, 2, THREADS),
        Classic(place, 3, PEER_POOL),
    )
    stack.callback(_each, System.close, systems)
    for system in systems.all:
        system.start_web()
        system.start_worker()
    return systems


def _each(end: Callable[[System], None], systems: Systems) -> None:
    """End something of all of them at once: each takes a few seconds."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(end, systems.all))


def _check(systems: Systems, scale: Scale) -> None:
    for system in systems.all:
        system.wait()
        done = likeness.check(system)
        say(f"{system.label} {system.db} answers as it must")
        if system in (systems.full_sysmon, systems.full_classic):
            keys = finished.fill(system.redis, done, scale.finished)
            say(f"{scale.finished:,} finished tasks copied into its database: {keys:,} keys")


if __name__ == "__main__":
    sys.exit(main())
