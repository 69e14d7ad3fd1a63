"""What a long run prints, is shown while it goes on; nobody waits for its end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import MakePrograms
from tests.functional.cli.test_script import SYSMON

HEAD = "Device  tps  kB_read/s  kB_wrtn/s  kB_read  kB_wrtn"
FIRST = "vda 11.50 1.10 13.00 14000 15000"
SECOND = "vda 0.00 0.00 0.00 0 0"
LAST = "vda 1.00 1.00 1.00 1 1"


@pytest.fixture
def environ(folder: Path, programs: MakePrograms) -> dict[str, str]:
    """A host whose iostat goes on once its first report was read."""
    wait = f"while [ ! -e {folder}/read ]; do sleep 0.01; done"
    reports = "; ".join(f"echo '{HEAD}'; echo '{row}'; {wait}" for row in (FIRST, SECOND, LAST))
    path = programs(iostat=reports)
    return {"SYSMON_VAR": str(folder / "var"), "SYSMON_COMMAND_PATH": path}


def test_rows_are_shown_while_the_program_prints(environ: dict[str, str], folder: Path) -> None:
    words = [str(SYSMON), "run", "iostat", "--count", "3"]
    with subprocess.Popen(
        words, env=environ, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(2)]
        assert first == [f"{HEAD}\n", f"{FIRST}\n"]
        (folder / "read").touch()
        assert process.stdout.read().splitlines() == [HEAD, SECOND, HEAD, LAST]
    assert process.returncode == 0
