"""The environments of peers: each its own, made from what its requirements pin."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.common.processes import SEARCH_PATH

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".venv-bench"
MAKING = 300.0  # seconds that one may take to be made


def environment(name: str, requirements: Path) -> Path:
    """Return the folder of a peer's programs, made anew if its requirements have changed."""
    folder = ENVIRONMENTS / name
    stamp = folder / "made"
    wanted = requirements.read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = str(folder / "bin" / "pip")
        _run(pip, "--disable-pip-version-check", "install", "--quiet", "-r", str(requirements))
        stamp.write_text(wanted)
    return folder / "bin"


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, timeout=MAKING)  # noqa: S603 - our own words


def program(*names: str) -> str:
    """Return the path of the first of these programs that this host has.

    Raises:
        RuntimeError: it has none.
    """
    for name in names:
        if path := shutil.which(name, path=SEARCH_PATH):
            return path
    raise RuntimeError(f"{names[0]} is missing: run `make bench-programs`")


def versions(folder: Path, names: tuple[str, ...]) -> str:
    """Python distributions of an environment, those that are there, each with its version."""
    code = (
        "import importlib.metadata as m; found = {d.name: d.version for d in m.distributions()}; "
        f"print(*('%s %s,' % (n, found[n]) for n in {names} if n in found))"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [str(folder / "python"), "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().rstrip(",")
