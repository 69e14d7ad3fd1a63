"""What both systems stand on: the peer's environment, one Redis, the programs they run."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import redis

from benchmarks.taskbench.processes import PATIENCE, SEARCH_PATH, Process, until
from benchmarks.taskbench.systems import ROOT, Place

PEER = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "benchmarks" / "classic" / "requirements.txt"
MAKING = 300.0  # seconds that the peer's environment may take to be made
# One report is the no-op; more are the host's own iostat, which takes this process's place.
INSTANT = """#!/bin/sh
[ "$3" = 1 ] || exec {iostat} "$@"
echo instant
"""


def peer_environment() -> Path:
    """The folder of the peer's programs, made first if its requirements are not what they were."""
    stamp = PEER / "made"
    wanted = REQUIREMENTS.read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        _run(sys.executable, "-m", "venv", "--clear", str(PEER))
        (PEER / ".gitignore").write_text("*\n")
        pip = str(PEER / "bin" / "pip")
        _run(pip, "--disable-pip-version-check", "install", "--quiet", "-r", str(REQUIREMENTS))
        stamp.write_text(wanted)
    return PEER / "bin"


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, timeout=MAKING)  # noqa: S603 - our own words


def program(*names: str) -> str:
    """The path of the first of these programs that this host has.

    Raises:
        RuntimeError: it has none.
    """
    for name in names:
        if path := shutil.which(name, path=SEARCH_PATH):
            return path
    raise RuntimeError(f"{names[0]} is missing: run `make programs`")


@contextlib.contextmanager
def prepared(peer_bin: Path) -> Iterator[Place]:
    """A folder with a private Redis, as `make run` configures it, and the programs."""
    with tempfile.TemporaryDirectory(prefix="sysmon-bench-") as name:
        folder = Path(name)
        socket = folder / "redis.sock"
        command = [program("redis-server", "valkey-server"), str(ROOT / "config" / "redis.conf")]
        server = Process([*command, "--dir", name, "--unixsocket", str(socket)], {}, folder / "log")
        try:
            place = Place(folder, socket, _programs(folder), peer_bin, server)
            until(lambda: _answers(place), "an answer of Redis", 0.01, PATIENCE)
            yield place
        finally:
            server.stop()


def _programs(folder: Path) -> str:
    """A search path on which ``iostat`` is instant where one report is asked for."""
    instant = folder / "programs" / "iostat"
    instant.parent.mkdir()
    instant.write_text(INSTANT.format(iostat=program("iostat")))
    instant.chmod(0o755)
    return f"{instant.parent}:{SEARCH_PATH}"


def _answers(place: Place) -> bool:
    place.server.check()
    try:
        return bool(place.client(0).ping())
    except redis.RedisError:
        return False
