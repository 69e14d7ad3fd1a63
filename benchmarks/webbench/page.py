"""/metrics, beside what Prometheus' own exporter has there."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.common.figures import Table
from benchmarks.webbench import peers
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.load import LINES, measure
from benchmarks.webbench.server import Target


def run(bench: Bench) -> None:
    """Both in turns."""
    scale = bench.scale
    with ExitStack() as stack:
        ours = stack.enter_context(bench.site().server().running())
        theirs = stack.enter_context(peers.node_exporter(bench.folder).running("/metrics"))
        targets = [
            Target("sysmon", ours, "/metrics", proof="sysmon_redis_up 1"),
            Target("node_exporter", theirs, "/metrics", proof="node_load1 "),
        ]
        found = measure(targets, scale.few, scale.seconds)
        sizes = [len(target.check().body) for target in targets]
    table = bench.results.begin(
        Table(
            "/metrics, beside prometheus-node-exporter",
            f"{scale.few} rounds of {scale.seconds} s with {LINES} connections, in turn; "
            "node_exporter as its package has it, which reads the whole host for each answer; "
            "sysmon asks Redis for the tasks' figures.",
            ("sysmon", "node_exporter"),
            "sysmon: CPU of the server's one process. Prometheus asks every 15 to 60 seconds.",
        )
    )
    table.add("answers", "1/s", *(one.rate for one in found))
    table.add("latency, p50", "ms", *(one.median("p50") for one in found))
    table.add("latency, p99", "ms", *(one.median("p99") for one in found))
    table.add("CPU", "µs a request", *(one.median("cpu") for one in found))
    table.add("size of the body", "bytes", *sizes)
    bench.results.promise("/metrics, failed requests", found[0].failed, 0)
