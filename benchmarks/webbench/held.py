"""Whether the server that is measured does all that it promised, with one process and with two."""

from __future__ import annotations

from benchmarks.webbench import contract, freshness, ours
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.server import Target


def run(bench: Bench) -> None:
    """Hold it to the contract, and look at how old its answers are under load."""
    site = bench.site()
    worker = site.worker()
    try:
        with site.server().running() as server:
            contract.hold(bench, server, "one process")
            _fresh(bench, Target("sysmon", server))
        if ours.takes_processes():
            with site.server(2).running() as server:
                contract.hold(bench, server, "two processes")
    finally:
        worker.stop()


def _fresh(bench: Bench, target: Target) -> None:
    fresh = freshness.under_load(target)
    text = f"of {freshness.ASKED} answers under load, those without their age in headers"
    bench.results.promise(text, fresh.silent, 0)
    bench.results.promise("their age in seconds, at least", fresh.oldest, freshness.OLDEST)
