"""Whose fault a failed run is: the plugin's, a library's or the host's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest

from sysmon_core import MetricFailed
from sysmon_core.errors import HostFault, PluginFault
from sysmon_core.metrics.host import bind
from sysmon_core.metrics.loading import GROUP, load
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from tests.conftest import MakeSettings

MODULE = "plugin_that_is_blamed"
PLUGIN = """
import json, psutil
from sysmon_core import Command, Metric, hookimpl

def dive(params, run):
    {body}

@hookimpl
def sysmon_metrics():
    return [
        Metric(name="quick", title="", function=dive),
        Metric(name="long", title="", function=dive, duration=lambda params: 1),
        Command(
            name="program", title="", program="echo", package="coreutils", parser=str.split,
            rows=lambda rows, params: dive(params, None),
        ),
    ]
"""
ORIGIN = f"the plugin fish of {MODULE} (no distribution)"
PSUTIL = f"psutil {version('psutil')} raised "
HOST = f"(this host may lack what {ORIGIN} asks for, or refuse it to this user: "
HOST += "see to that, or name the plugin in plugins_blocked)"
OWN = f"({ORIGIN}: mend it, or name it in plugins_blocked)"

Fail = Callable[[str, str], MetricFailed]


@pytest.fixture
def fail(
    folder: Path, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fail]:
    """Run a metric of a plugin that fails; gives its failure."""
    monkeypatch.syspath_prepend(folder)

    def run(name: str, body: str) -> MetricFailed:
        (folder / f"{MODULE}.py").write_text(PLUGIN.format(body=body))
        config = make_settings()
        metrics = bind(load(config, [EntryPoint("fish", MODULE, GROUP)]), config)
        metric = metrics.registry.get(name)
        assert metric
        with Stop() as stop, pytest.raises(MetricFailed) as caught:
            _ = Executor(config, metrics).run(metric, metric.params(), stop).rows
        return caught.value

    yield run
    sys.modules.pop(MODULE, None)


# Both of what runs in this process and of what runs in one of its own.
both = pytest.mark.parametrize("name", ["quick", "long"])


@both
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("open('/no/such/file')", "FileNotFoundError: [Errno 2] No such file or directory: '/no/"),
        ("raise PermissionError(13, 'Permission denied')", "PermissionError: [Errno 13] Permiss"),
        ("bytearray(1 << 62)", "MemoryError"),
        ("psutil.Process(2**31 - 1)", f"{PSUTIL}NoSuchProcess: "),
    ],
)
def test_what_the_host_refuses_or_a_library_raises_is_not_called_the_plugin_s_fault(
    name: str, body: str, said: str, fail: Fail
) -> None:
    error = fail(name, body)
    assert isinstance(error, HostFault)
    assert str(error).startswith(f"The metric {name} failed: {said}")
    assert str(error).endswith(HOST)


@both
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return [][0]", "IndexError: list index out of range"),
        ("json.loads('no')", "JSONDecodeError: "),  # the standard library does as it is told
        ("run.sleep('long')", "TypeError: "),  # and so do we
    ],
)
def test_what_its_own_code_raises_is_the_plugin_s_fault(
    name: str, body: str, said: str, fail: Fail
) -> None:
    error = fail(name, body)
    assert isinstance(error, PluginFault)
    assert str(error).startswith(f"The metric {name} failed: {said}")
    assert str(error).endswith(OWN)


def test_what_makes_rows_of_a_program_s_output_is_the_plugin_s_too(fail: Fail) -> None:
    error = fail("program", "return [][0]")
    assert isinstance(error, PluginFault)
    said = "The metric program failed: IndexError: list index out of range "
    assert str(error) == said + OWN
    assert f"{MODULE}.py:" in error.place
