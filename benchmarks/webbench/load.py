"""Loads servers with wrk, each in turn, and takes medians."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.common.environments import program
from benchmarks.common.figures import median, say
from benchmarks.webbench.server import HOST, Target

T = TypeVar("T")
SCRIPT = Path(__file__).with_name("wrk.lua")
LINES = 8  # connections, unless a table says otherwise
LOOK = 0.2  # seconds over which a server is watched for whether it has come to rest
SLOWEST = 30  # seconds after which wrk does not count an answer any more


@dataclass(frozen=True)
class Load:
    """What one round of wrk saw; milliseconds, and of CPU microseconds a request."""

    answers: int
    rate: float
    p50: float  # as measured: from the sending of a request to the whole answer
    p99: float
    failed: int  # got another status than what is right, or no answer; all if none got one
    cpu: float


@dataclass
class Measured:
    """The rounds of one target."""

    target: Target
    rounds: list[Load] = field(default_factory=list)

    def median(self, name: str) -> float:
        """Of one of the numbers, over the rounds."""
        return median(getattr(load, name) for load in self.rounds)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.median("rate")

    @property
    def failed(self) -> int:
        """Requests of all rounds that got no answer, or another than what is right."""
        return sum(load.failed for load in self.rounds)


def command(target: Target, connections: int, seconds: float) -> list[str]:
    """Return the words that start wrk."""
    options = ["--threads", "1", "--connections", str(connections), "--script", str(SCRIPT)]
    options += ["--duration", f"{max(1, round(seconds))}s", "--timeout", f"{SLOWEST}s"]
    for name, value in target.headers.items():
        options += ["--header", f"{name}: {value}"]
    url = f"http://{HOST}:{target.server.port}{target.path}"
    told = [str(connections), target.method, str(int(target.status)), target.body]
    return [program("wrk"), *options, url, "--", *told]


def load(target: Target, connections: int, seconds: float) -> Load:
    """One round: as many requests as are answered over so many kept-alive connections."""
    before = target.server.cpu()
    done = subprocess.run(  # noqa: S603 - our own words
        command(target, connections, seconds),
        capture_output=True,
        text=True,
        timeout=seconds + 2 * SLOWEST,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    answers = told["requests"]
    spent = target.server.cpu() - before
    _calm(target)
    return Load(
        answers=answers,
        rate=answers * 1e6 / told["microseconds"],
        p50=told["p50"] / 1000,
        p99=told["p99"] / 1000,
        failed=told["refused"] + told["failed"] if answers else connections,
        cpu=spent * 1e6 / max(1, answers),
    )


def _calm(target: Target) -> None:
    """Wait until the server is done with what wrk left it with: it would slow the next one."""
    end = time.monotonic() + SLOWEST
    while time.monotonic() < end:
        before = target.server.cpu()
        time.sleep(LOOK)
        if target.server.cpu() - before < LOOK / 5:
            return


def measure(
    targets: Sequence[Target], rounds: int, seconds: float, connections: int = LINES
) -> list[Measured]:
    """Warm each up, then load each in turn, the other way round in every second round.

    Without a second round nothing is warmed up: what is asked for has to be quick, or is nothing
    new to the systems.
    """
    measured = [Measured(target) for target in targets]
    for target in targets:
        target.check()
        if rounds > 1:
            load(target, min(connections, LINES), 1)
    for turn in range(rounds):
        say(f"    {connections} connections, round {turn + 1} of {rounds}")
        for one in in_turn(measured, turn):
            one.rounds.append(load(one.target, connections, seconds))
    return measured


def in_turn(things: Sequence[T], turn: int) -> Sequence[T]:
    """Them, the other way round in every second turn."""
    return things[::-1] if turn % 2 else things
