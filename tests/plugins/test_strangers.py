"""Distributions of strangers whose authors' tests need no installation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SMART = ROOT / "tests/thirdparty/sysmon-smart"


def test_the_tests_of_its_author_pass(folder: Path) -> None:
    place = shutil.copytree(SMART, folder / SMART.name)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(place), str(place)]
    done = subprocess.run(
        [sys.executable, *words], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_units_are_not_among_those_that_lose_all_rights() -> None:
    """The drop-in of sysmon's own units is for all whose names begin as theirs do."""
    names = [path.name for path in (SMART / "units").iterdir()]
    assert names
    assert not [name for name in names if name.startswith("sysmon-")]
    assert (ROOT / "config/systemd/sysmon-.service.d").is_dir()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_finds_no_fault_in_its_units(folder: Path) -> None:
    for unit in (SMART / "units").iterdir():  # where its program is installed by an admin
        place = unit.read_text().replace("/usr/local/libexec/", f"{SMART}/units/")
        (folder / unit.name).write_text(place)
    words = ["systemd-analyze", "verify", *(str(path) for path in folder.glob("*.s*"))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
