"""How soon it is there."""

from __future__ import annotations

import http.client
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.common.environments import ROOT
from benchmarks.common.figures import Table, median
from benchmarks.common.processes import PATIENCE, Process, free_port, until
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.ours import BIN
from benchmarks.webbench.server import Server


def run(bench: Bench) -> None:
    """`make run`, and the command."""
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
