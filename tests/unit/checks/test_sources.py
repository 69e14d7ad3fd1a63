"""Ways to begin a program past ``run.program``: each is found in a plugin's source."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sysmon_core.checks.sources import programs
from sysmon_core.metrics.loading import load
from sysmon_core.metrics.registry import Source
from sysmon_core.settings import Settings
from tests.support.plugins import Site, hook
from tests.unit.checks.conftest import findings, short

PROGRAM = r"begin a program by run\.program\(\)"
PYTHON = "declare a duration, which gives the function a process of its own"
USES = {
    "import subprocess": "imports subprocess",
    "import subprocess as s": "imports subprocess",
    "from subprocess import run": "imports subprocess",
    "def f():\n    import subprocess": "imports subprocess",
    "import multiprocessing.pool": "imports multiprocessing",
    "import pexpect": "imports pexpect",
    "import os; os.system('df')": "uses os.system",
    "import os as o; o.popen('df')": "uses os.popen",
    "import os.path; os.spawnlp(0, 'df', 'df')": "uses os.spawnlp",
    "from os import posix_spawnp as p": "uses os.posix_spawnp",
    "import os\ndef f():\n    return os.fork()": "uses os.fork",
    "import os; begin = os.execv": "uses os.execv",
    "import asyncio; asyncio.create_subprocess_shell('df')": "uses asyncio.create_subprocess_shell",
    "from concurrent import futures; futures.ProcessPoolExecutor()": (
        "uses concurrent.futures.ProcessPoolExecutor"
    ),
    "import psutil; psutil.Popen(['df'])": "uses psutil.Popen",
}


def plugin(folder: Path, code: str) -> Source:
    (folder / "plugin_of_sources.py").write_text(code)
    return Source("fish", "fishtank", "1.2", "plugin_of_sources")


@pytest.fixture(autouse=True)
def on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize(("code", "told"), USES.items(), ids=USES)
def test_a_way_to_begin_a_program_is_found_with_its_place(
    code: str, told: str, folder: Path
) -> None:
    verdict = programs(plugin(folder, code))
    assert verdict
    (fault,) = verdict.faults
    remedy = PYTHON if re.search("multiprocessing|ProcessPool|os.fork", told) else PROGRAM
    assert re.match(rf"plugin_of_sources\.py:\d {told}: {remedy}", fault)


@pytest.mark.parametrize(
    "code",
    [
        "import os, psutil, asyncio; os.getloadavg(); os.path.join('a'); psutil.Process()",
        "from . import subprocess",
        "class os: system = 1\nos.system",
        "# import subprocess\n'import subprocess'",
        "def f(params, run): run.program(['df'])",
    ],
)
def test_nothing_else_is(code: str, folder: Path) -> None:
    verdict = programs(plugin(folder, code))
    assert verdict
    assert verdict.good
    assert not verdict.faults


@pytest.mark.parametrize("entry", ["tank", "tank.plugin", "tank.plugin:thing"])
def test_all_modules_of_a_package_are_looked_at_but_its_tests(folder: Path, entry: str) -> None:
    for name in ("tank/deep", "tank/tests"):
        (folder / name).mkdir(parents=True)
    for name in ("__init__", "plugin", "deep/__init__", "deep/one", "tests/help", "test_one"):
        (folder / f"tank/{name}.py").write_text("")
    for name in ("deep/one", "tests/help", "test_one"):
        (folder / f"tank/{name}.py").write_text("import subprocess")
    verdict = programs(Source("fish", "fishtank", "1.2", entry))
    for name in ("tank", "tank.plugin"):
        sys.modules.pop(name, None)
    assert verdict
    (fault,) = verdict.faults
    assert fault.startswith("one.py:1 ")


@pytest.mark.parametrize("module", ["", "no_such_module", "no.such.module", "math", "sys", "1 x"])
def test_a_plugin_without_its_source_is_passed_over(module: str) -> None:
    assert programs(Source("fish", "fishtank", "1.2", module)) is None
    assert programs(None) is None


def test_a_source_that_cannot_be_read_is_passed_over(folder: Path) -> None:
    verdict = programs(plugin(folder, "import subprocess; this is no Python"))
    assert verdict
    assert not verdict.faults


def test_the_check_of_a_plugin_has_it(site: Site) -> None:
    site.add(f"import subprocess\n{hook('return [metric(description=str(subprocess))]')}")
    metrics = site.load()
    (metric,) = metrics
    found = short(metric, metrics.sources[metric.name])
    assert "imports subprocess: begin a program by run.program()" in found["programs"]
    assert "programs" not in [one.check for one in findings(metric)], "there is no source"


def test_our_own_plugins_pass() -> None:
    for source in load(Settings()).sources.values():
        verdict = programs(source)
        assert verdict
        assert not verdict.faults
