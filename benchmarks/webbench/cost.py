"""What it costs to have it there: memory, and time to start."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from benchmarks.common.environments import ROOT
from benchmarks.common.figures import Table, median
from benchmarks.common.private_redis import private_redis
from benchmarks.common.processes import PATIENCE, Process, free_port, memory, tree, until
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.ours import BIN, PASSWORD, USER, Site
from benchmarks.webbench.server import HOST, Server, Target


def run(bench: Bench) -> None:
    """Memory, then starts."""
    _memory(bench)
    _starts(bench)


def _memory(bench: Bench) -> None:
    """Of the three parts, that have done each kind of thing once and then nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-bench-")))
        redis = stack.enter_context(private_redis(folder))
        site = Site(folder / "site", redis.url(0))
        site.prepare()
        server = stack.enter_context(site.server().running())
        worker = site.worker()
        stack.callback(worker.stop)
        _do_each_thing(server)
        time.sleep(bench.scale.settle)
        others = {"worker": tree(worker.pid), "Redis": tree(redis.server.pid)}
        parts = {"server": server.tree()} | others
        sizes = {name: memory(entries) for name, entries in parts.items()}
    total = sum(sizes.values())
    table = bench.results.begin(
        Table(
            "Memory, idle",
            "Proportional set size from /proc of server, worker (264 threads) and private Redis on "
            f"production.ini, {bench.scale.settle:.0f} s after a task, an uptime in version 1 and "
            "one in version 3.",
            (*sizes, "together"),
            "what they import: redis, with asyncio, is 13 MB in each, pydantic 6, and in the "
            "server SQLAlchemy 11 and Pyramid 8. dramatiq's own process, which starts the worker "
            "and waits for it, is 15, and the worker's idle threads are 4.",
            "threads that are made when there are tasks for them; a worker without that process.",
        )
    )
    table.add("memory", "MB", *sizes.values(), total)
    bench.results.promise("server, worker and Redis, idle, memory in MB", total, 120)


def _do_each_thing(server: Server) -> None:
    Target("sysmon", server).check()
    Target("sysmon", server, "/v3/uptime/", f"{USER}:{PASSWORD}").check()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=PATIENCE)) as client:
        client.request("POST", "/v2/iostat/")
        path = "/v2/task/" + json.loads(client.getresponse().read())["task_id"]
    until(lambda: "SUCCESS" in server.get(path).body, "the end of a task", 0.05, PATIENCE)


def _starts(bench: Bench) -> None:
    first, again, answers = [], [], bench.scale.starts
    for _ in range(answers):
        with tempfile.TemporaryDirectory(prefix="sysmon-bench-") as name:
            first.append(_make_run(Path(name)))
            again.append(_make_run(Path(name)))
    helped = [_help() for _ in range(2 * answers)]
    table = bench.results.begin(
        Table(
            "Time to start",
            f"{answers} times `make run` with nothing but .venv there, and once more on the state "
            "that this left, to the first answer of uptime, asked for every 10 ms; "
            f"{2 * answers} times `sysmon --help`; medians.",
            ("make run, first", "make run, again", "sysmon --help"),
            "imports: the runner's, of the settings and of supervisor, and then the server's; the "
            "worker's and the database step's, niced, take the other core meanwhile.",
            "import in the server what its first answer needs, and the rest when it is asked for.",
        )
    )
    numbers = [median(first), median(again), median(helped)]
    table.add("time", "s", *numbers)
    bench.results.promise("make run, seconds to the first answer", numbers[0], 3)
    bench.results.promise("sysmon --help, seconds", numbers[2], 0.3)


def _make_run(folder: Path) -> float:
    """Seconds from `make run` to its first answer."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    words = ["make", "-C", str(ROOT), "--old-file=.venv/.made", "run"]  # .venv is as it is
    argv = [*words, f"PORT={port}", f"VAR={folder}"]
    server = Server(port, argv, environ, folder / "make.log")
    begin = time.monotonic()
    runner = Process(argv, environ, folder / "make.log")
    try:
        until(lambda: _answers(runner, server), "an answer of make run", 0.01, PATIENCE)
        return time.monotonic() - begin
    finally:
        runner.stop(patience=PATIENCE)


def _answers(runner: Process, server: Server) -> bool:
    runner.check()
    with suppress(OSError, http.client.HTTPException):
        return server.get("/v1/uptime/").status == http.HTTPStatus.OK
    return False


def _help() -> float:
    begin = time.monotonic()
    subprocess.run(  # noqa: S603 - our own program
        [str(BIN / "sysmon"), "--help"], stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE
    )
    return time.monotonic() - begin
