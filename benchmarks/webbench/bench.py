"""What all sections of a run have in hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.common.figures import Results
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.webbench import peers
from benchmarks.webbench.ours import Site
from benchmarks.webbench.server import UPTIME, Server, Target

GLANCES_UPTIME = r"\d+:\d\d:\d\d"
SYSTEMS = ("sysmon", "classic", "FastAPI", "Glances", "bare")


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    limit: int  # seconds for the whole run
    rounds: int
    seconds: int  # of each load
    few: int  # rounds where rounds are many
    probes: int  # requests of one who asks during a siege
    starts: int
    settle: float  # seconds until memory is looked at
    users: tuple[int, ...]
    finished: tuple[int, ...]
    connections: tuple[int, ...]
    metrics: tuple[int, int] = (2, 200)


FULL = Scale(
    limit=1500,
    rounds=5,
    seconds=3,
    few=3,
    probes=300,
    starts=5,
    settle=10,
    users=(10, 1_000, 100_000),
    finished=(100, 100_000),
    connections=(1, 10, 100, 1000),
)
QUICK = Scale(
    limit=420,
    rounds=1,
    seconds=1,
    few=1,
    probes=40,
    starts=1,
    settle=3,
    users=(10, 1_000),
    finished=(100, 10_000),
    connections=(1, 10, 100),
)


@dataclass
class Plotted:
    """What the plot shows: requests a second, and what became of them with more connections."""

    bars: dict[str, list[float | None]] = field(default_factory=dict)  # by system: 1, 2 processes
    rates: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    p99: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


@dataclass
class Bench:
    """One run: its folder, its Redis, how much it measures, and what it found."""

    folder: Path
    redis: PrivateRedis
    scale: Scale
    results: Results = field(default_factory=Results)
    plotted: Plotted = field(default_factory=Plotted)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def site(self) -> Site:
        """A new site of ours, with a database of Redis, an admin and nothing else."""
        number = next(self._numbers)
        site = Site(self.folder / f"site-{number}", self.redis.url(number))
        site.prepare()
        return site

    def fleet(
        self, site: Site, stack: ExitStack, processes: int = 1, *, logs: bool = True
    ) -> dict[str, Target]:
        """All systems that can have so many processes, up and answering; each by its name."""
        found: dict[str, Target] = {}

        def up(label: str, server: Server, path: str, proof: str = UPTIME) -> None:
            running = stack.enter_context(server.running(path))
            found[label] = Target(label, running, path, proof=proof)

        path, broker = "/v1/uptime/", f"redis+socket://{self.redis.socket}"
        up("sysmon", site.server(processes, logs=logs), path)
        up("classic", peers.classic(self.folder, broker, processes, logs=logs), path)
        up("FastAPI", peers.fastapi(self.folder, processes, logs=logs), path)
        if processes == 1 and logs:  # it has one process, and no log of requests
            up("Glances", peers.glances(self.folder), "/api/4/uptime", GLANCES_UPTIME)
        if logs:
            up("bare", peers.bare(site, found["sysmon"].check(), processes), path)
        return found
