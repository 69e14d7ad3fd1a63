"""What all sections of a run have in hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common.figures import Results
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.webbench.ours import Site


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    limit: int  # seconds for the whole run
    rounds: int
    seconds: int  # of each load
    few: int  # rounds of peers, and where rounds are many
    probes: int  # requests of one who asks during a siege
    starts: int
    settle: float  # seconds until memory is looked at
    users: tuple[int, ...]
    finished: tuple[int, ...]
    connections: tuple[int, ...]
    metrics: tuple[int, int] = (2, 200)


FULL = Scale(
    limit=1200,
    rounds=3,
    seconds=2,
    few=2,
    probes=300,
    starts=3,
    settle=10,
    users=(10, 1_000, 100_000),
    finished=(100, 100_000),
    connections=(1, 8, 100, 300, 1000),
)
QUICK = Scale(
    limit=240,
    rounds=1,
    seconds=1,
    few=1,
    probes=40,
    starts=1,
    settle=3,
    users=(10, 1_000),
    finished=(100, 10_000),
    connections=(8, 100, 300),
)


# By endpoint and by system: connections and answers a second.
Plotted = dict[str, dict[str, list[tuple[int, float]]]]


@dataclass
class Bench:
    """One run: its folder, its Redis, how much it measures, and what it found."""

    folder: Path
    redis: PrivateRedis
    scale: Scale
    results: Results
    plotted: Plotted = field(default_factory=dict)
    _databases: Iterator[int] = field(default_factory=itertools.count)

    def site(self) -> Site:
        """Return a new site of ours, with a database of Redis, an admin and nothing else."""
        number = self.database()
        site = Site(self.folder / f"site-{number}", self.redis.url(number))
        site.prepare()
        return site

    def database(self) -> int:
        """Return a database of Redis that nobody has."""
        return next(self._databases)

    def keys(self, database: int) -> set[bytes]:
        """All that is in one."""
        found: Any = self.redis.client(database).keys()
        return set(found)
