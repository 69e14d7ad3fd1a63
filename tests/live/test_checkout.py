"""``make venv``: it fits the checkout's place and the interpreter, whatever is exported."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import started
from tests.support.site import BIN, ROOT, SEARCH_PATH

pytestmark = pytest.mark.timeout(300)  # pip installs setuptools, on a machine that may be busy

MAKE_SECONDS = 240.0
ODD = "a b'c\"d#e%f(g)ü"
SETUP = """
from setuptools import setup
setup(name="sysmon", version="1", packages=["sysmon_core"])
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout at an odd path whose code is one empty package, and its environment."""
    place = tmp_path_factory.mktemp("checkout") / ODD
    (place / "sysmon_core").mkdir(parents=True)
    (place / "sysmon_core/__init__.py").touch()
    (place / "setup.py").write_text(SETUP)
    shutil.copytree(ROOT / "scripts", place / "scripts")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    lines = (ROOT / "requirements.lock").read_text().splitlines(keepends=True)
    tools = [line for line in lines if line.startswith(("setuptools==", "wheel=="))]
    (place / "requirements.lock").write_text("".join(tools))
    make(place, **exported(place.parent))
    return place


def exported(folder: Path) -> dict[str, str]:
    """What others have for other programs: each would have our pip or interpreter do otherwise."""
    (folder / "foreign").mkdir()
    (folder / "foreign/pip.py").write_text("raise SystemExit('the foreign pip')")
    (folder / "foreign/setuptools.py").write_text("raise SystemExit('the foreign setuptools')")
    (folder / "pip.conf").write_text("[install]\nuser = true\n")
    return {
        "PIP_CONFIG_FILE": str(folder / "pip.conf"),
        "PIP_USER": "1",
        "PIP_TARGET": str(folder / "target"),
        "PIP_PREFIX": str(folder / "prefix"),
        "PYTHONPATH": str(folder / "foreign"),
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
    }


def make(place: Path, **environ: str) -> str:
    """What ``make venv`` prints there; it must succeed."""
    environ = {"PATH": SEARCH_PATH, "HOME": str(place.parent)} | environ
    words = ["make", f"PYTHON={BIN.resolve() / 'python'}", "venv"]
    done = started(tuple(words), environ, place, place.parent / "make.log")
    assert done.popen.wait(MAKE_SECONDS) == 0, done.printed()
    return done.printed()


def code(place: Path) -> str:
    """The folder from which the environment imports our package."""
    words = [
        str(place / ".venv/bin/python"),
        "-I",
        "-c",
        "import sysmon_core as s; print(s.__path__[0])",
    ]
    return subprocess.check_output(words, cwd="/", text=True).strip()


def test_an_environment_is_made_once_and_has_this_code(made: Path) -> None:
    assert code(made) == str(made / "sysmon_core")
    assert "Making" not in make(made)


def copied(place: Path, folder: Path) -> Path:
    return Path(shutil.copytree(place, folder / "copy", symlinks=True))


def renamed(place: Path, folder: Path) -> Path:
    shutil.copytree(place, folder / "before", symlinks=True)
    return (folder / "before").rename(folder / "after")


def without_interpreter(place: Path, folder: Path) -> Path:
    python = copied(place, folder) / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    return folder / "copy"


@pytest.mark.parametrize("change", [copied, renamed, without_interpreter])
def test_it_is_made_anew_where_it_does_not_fit(
    made: Path, tmp_path: Path, change: Callable[[Path, Path], Path]
) -> None:
    place = change(made, tmp_path)
    assert "Making .venv" in make(place)
    assert code(place) == str(place / "sysmon_core")


def test_an_upgraded_interpreter_makes_it_anew(made: Path, tmp_path: Path) -> None:
    stamp = made / ".venv/.made"
    before = stamp.read_text()
    stamp.write_text(before.replace("cpython-3", "cpython-2"))  # that of the one before
    assert "Making .venv" in make(made)
    assert stamp.read_text() == before
