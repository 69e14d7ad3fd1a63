"""How fast one small answer is, beside every peer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.common.figures import Table
from benchmarks.webbench import contract, freshness, peers
from benchmarks.webbench.bench import SYSTEMS, Bench
from benchmarks.webbench.load import LINES, Measured, measure
from benchmarks.webbench.ours import PASSWORD, USER, Site
from benchmarks.webbench.server import Target

V3 = "sysmon, v3"
PROMISES = {"classic": 10.0, "Glances": 5.0, "FastAPI": 2.5, "bare": 0.4}  # times their requests
HOW = (
    "wrk, one thread in a process of its own, {lines} kept-alive connections (gunicorn's sync "
    "workers close each after its answer), {rounds} rounds of {seconds} s after a second of "
    "warming up, the systems in turn; medians over the rounds. "
)


def _how(bench: Bench, rounds: int) -> str:
    return HOW.format(lines=LINES, rounds=rounds, seconds=bench.scale.seconds)


def run(bench: Bench) -> None:
    """One process each, then two, then without logs of requests; and the contract of ours."""
    site = bench.site()
    with ExitStack() as stack:
        fleet = _held(bench, site, stack, 1, "one process")
        ours = fleet["sysmon"].server
        targets = [*fleet.values(), Target(V3, ours, "/v3/uptime/", f"{USER}:{PASSWORD}")]
        found = _by_label(measure(targets, bench.scale.rounds, bench.scale.seconds))
        _one_process(bench, found)
        fresh = freshness.under_load(fleet["sysmon"])
        text = f"of {freshness.ASKED} answers under load, those without their age in headers"
        bench.results.promise(text, fresh.silent, 0)
        bench.results.promise("their age in seconds, at least", fresh.oldest, freshness.OLDEST)
    with ExitStack() as stack:
        fleet = _held(bench, site, stack, 2, "two processes")
        two = _by_label(measure([*fleet.values()], bench.scale.few, bench.scale.seconds))
        _two_processes(bench, found, two)
    with ExitStack() as stack:
        fleet = bench.fleet(site, stack, logs=False)
        silent = _by_label(measure([*fleet.values()], bench.scale.few, bench.scale.seconds))
        _without_logs(bench, silent)


def _held(
    bench: Bench, site: Site, stack: ExitStack, processes: int, named: str
) -> dict[str, Target]:
    """All systems, and a worker of ours for the tasks of the contract, to which ours is held."""
    fleet = bench.fleet(site, stack, processes)
    worker = site.worker()
    stack.callback(worker.stop)
    contract.hold(bench, fleet["sysmon"].server, named)
    return fleet


def _by_label(measured: Sequence[Measured]) -> dict[str, Measured]:
    return {one.target.label: one for one in measured}


def _rows(table: Table, found: Mapping[str, Measured], labels: Sequence[str]) -> None:
    """The lines that each of these tables has."""
    columns = [found.get(label) for label in labels]

    def row(name: str, unit: str, number: str) -> None:
        table.add(name, unit, *(one.median(number) if one else None for one in columns))

    row("answers", "1/s", "rate")
    if base := found.get("sysmon"):
        table.add(
            "sysmon's by these",
            "times",
            *(base.rate / one.rate if one else None for one in columns),
        )
    row("latency, p50", "ms", "p50")
    row("latency, p99", "ms", "p99")
    row("CPU of the server and its programs", "µs a request", "cpu")
    table.add(
        "failed, in all rounds", "requests", *(one.failed if one else None for one in columns)
    )


def _one_process(bench: Bench, found: Mapping[str, Measured]) -> None:
    labels = (*SYSTEMS[:1], V3, *SYSTEMS[1:])
    ours, bare = found["sysmon"], found["bare"]
    share = bare.median("cpu") / ours.median("cpu") * 100
    table = bench.results.begin(
        Table(
            "Uptime, one server process each",
            _how(bench, bench.scale.rounds)
            + "Each writes its log of requests into a file, as production.ini has it, gunicorn by "
            "--access-logfile, uvicorn by itself; Glances and the bare function have none. classic "
            "and FastAPI run the program for each request, Glances keeps its figures for a second. "
            "The bare function gives sysmon's bytes from sysmon's server. wrk runs on the same "
            "cores.",
            labels,
            f"CPU of the server's process and of the programs that it runs: the server alone "
            f"(bare) has {share:.0f} % of what a request costs.",
            "a second process, as below; what waitress does to wake itself after each answer.",
        )
    )
    _rows(table, found, labels)
    sizes = [len(found[label].target.check().body) for label in labels]
    table.add("size of the body", "bytes", *sizes)
    for label, bound in PROMISES.items():
        ratio = ours.rate / found[label].rate
        bench.results.promise(f"v1 uptime, times {label}", ratio, bound, at_least=True)
    bench.results.promise(f"v1 uptime, p99 in ms, {LINES} connections", ours.median("p99"), 10)
    ratio = found[V3].rate / ours.rate
    bench.results.promise("v3 uptime, times v1", ratio, 0.6, at_least=True)
    bench.results.promise("v1 and v3 uptime, failed requests", ours.failed + found[V3].failed, 0)
    bench.plotted.bars = {label: [found[label].rate, None] for label in labels}


def _two_processes(bench: Bench, one: Mapping[str, Measured], two: Mapping[str, Measured]) -> None:
    table = bench.results.begin(
        Table(
            "Uptime, two server processes each",
            _how(bench, bench.scale.few)
            + "As with one process; Glances has no second. Those of sysmon and of the bare server "
            "share the port by SO_REUSEPORT, as docs/operations.md has it.",
            SYSTEMS,
            "CPU: the two processes share the cores with wrk. Of sysmon's connections and the bare "
            "server's one process may have more than its half: the kernel deals them out by "
            "addresses, not to who is idle.",
            "a core for each process; what waitress does to wake itself after each answer.",
        )
    )
    _rows(table, two, SYSTEMS)
    pairs = [(one.get(label), two.get(label)) for label in SYSTEMS]
    gains = [second.rate / first.rate if first and second else None for first, second in pairs]
    table.add("answers, by those of one process", "times", *gains)
    for label, measured in two.items():
        bench.plotted.bars[label][1] = measured.rate


def _without_logs(bench: Bench, found: Mapping[str, Measured]) -> None:
    labels = ("sysmon", "classic", "FastAPI")
    table = bench.results.begin(
        Table(
            "Uptime, one server process each, no log of requests",
            _how(bench, bench.scale.few)
            + "gunicorn without --access-logfile, uvicorn with --no-access-log, sysmon with its "
            "logger at WARNING; it goes on counting for /metrics.",
            labels,
            "as with logs.",
            "as with logs.",
        )
    )
    _rows(table, found, labels)


def metrics_page(bench: Bench) -> None:
    """/metrics, beside what Prometheus' own exporter has there."""
    site = bench.site()
    with ExitStack() as stack:
        ours = stack.enter_context(site.server().running())
        theirs = stack.enter_context(peers.node_exporter(bench.folder).running("/metrics"))
        targets = [
            Target("sysmon", ours, "/metrics", proof="sysmon_redis_up 1"),
            Target("node_exporter", theirs, "/metrics", proof="node_load1 "),
        ]
        found = _by_label(measure(targets, bench.scale.few, bench.scale.seconds))
        table = bench.results.begin(
            Table(
                "/metrics, beside prometheus-node-exporter",
                _how(bench, bench.scale.few) + "node_exporter as its package has it, which reads "
                "the whole host for each answer; sysmon asks Redis for the tasks' figures.",
                ("sysmon", "node_exporter"),
                "sysmon: CPU of the server's one process. Prometheus asks every 15 to 60 seconds.",
                "none: it is asked too seldom.",
            )
        )
        _rows(table, found, ("sysmon", "node_exporter"))
        table.add("size of the body", "bytes", *(len(t.check().body) for t in targets))
