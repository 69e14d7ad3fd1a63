"""What both systems stand on: the peer's environment, one Redis, the programs they run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common.environments import ROOT, environment, program
from benchmarks.common.private_redis import private_redis
from benchmarks.common.processes import SEARCH_PATH
from benchmarks.taskbench.systems import Place

REQUIREMENTS = ROOT / "benchmarks" / "classic" / "requirements.txt"
# One report is the no-op; more are the host's own iostat, which takes this process's place.
INSTANT = """#!/bin/sh
[ "$3" = 1 ] || exec {iostat} "$@"
echo instant
"""


def peer_environment() -> Path:
    """The folder of the peer's programs."""
    return environment("classic", REQUIREMENTS)


@contextlib.contextmanager
def prepared(peer_bin: Path) -> Iterator[Place]:
    """A folder with a private Redis and the programs."""
    with tempfile.TemporaryDirectory(prefix="sysmon-bench-") as name:
        folder = Path(name)
        with private_redis(folder) as server:
            yield Place(folder, server, _programs(folder), peer_bin)


def _programs(folder: Path) -> str:
    """A search path on which ``iostat`` is instant where one report is asked for."""
    instant = folder / "programs" / "iostat"
    instant.parent.mkdir()
    instant.write_text(INSTANT.format(iostat=program("iostat")))
    instant.chmod(0o755)
    return f"{instant.parent}:{SEARCH_PATH}"
