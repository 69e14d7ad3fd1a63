"""The pages of docs/ say what is so: their code is run, their reference is that of the code."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from sysmon_core import Metric, facade
from tests.conftest import ROOT

PAGE = ROOT / "docs/plugins.md"
SCRIPT = runpy.run_path(str(ROOT / "docs/reference.py"))
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
PLUGINS = [block for block in BLOCKS if "@hookimpl" in block]


def metrics_of(code: str) -> list[Metric]:
    """What a plugin of this code declares, ready for this host."""
    module: dict[str, Any] = types.ModuleType("plugin_of_a_page").__dict__
    exec(compile(code, str(PAGE), "exec", dont_inherit=True), module)
    return [
        metric.on_host("/usr/bin:/bin:/sbin:/usr/sbin") for metric in module["sysmon_metrics"]()
    ]


def test_the_page_has_code() -> None:
    assert len(PLUGINS) > 3
    assert all("sysmon_metrics" in block for block in BLOCKS)


@pytest.mark.parametrize("code", PLUGINS, ids=lambda code: metrics_of(code)[0].name)
def test_a_plugin_of_the_page_keeps_what_every_metric_keeps(code: str, check_metric: Any) -> None:
    for metric in metrics_of(code):
        check_metric(metric)


def test_the_test_of_the_page_passes(folder: Path) -> None:
    (folder / "sysmon_kernel.py").write_text(PLUGINS[0])
    (test,) = (block for block in BLOCKS if "check_metric" in block)
    (folder / "test_sysmon_kernel.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_smallest_plugin_of_the_page_has_twenty_lines() -> None:
    assert len(PLUGINS[0].splitlines()) <= 20


def test_the_reference_is_that_of_the_docstrings() -> None:
    page = PAGE.read_text()
    assert page == SCRIPT["renewed"](page), "renew it: make docs"


@pytest.mark.parametrize("name", facade.__all__)
def test_the_reference_has_every_name(name: str) -> None:
    assert f"### `{name}`\n\n" in SCRIPT["reference"](facade)
