"""Long Python functions in processes of their own."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sysmon_core import MetricFailed, Report
from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.metrics import isolation
from sysmon_core.metrics.host import HostMetrics, bind
from sysmon_core.metrics.loading import GROUP, load
from sysmon_core.running.run import Run
from sysmon_core.services.executor import Executor
from sysmon_core.settings import Settings, for_functions
from tests.conftest import until
from tests.unit.conftest import AT_ONCE, MakeRun, StopWhen, alive, has_pid, pid_in

PATH = "/usr/bin:/bin"
MODULE = "plugin_in_a_process"
PLUGIN = """
import os, sys, threading, time
from pydantic import computed_field
from sysmon_core import Command, Field, Integer, Metric, MetricFailed, Params, Report, hookimpl

class Depth(Params):
    depth: Integer = Field(3, description="Metres")

    @computed_field
    @property
    def feet(self) -> float:
        return self.depth / 0.3048

def dive(params, run):
    {body}

@hookimpl
def sysmon_metrics():
    return [
        Metric(name="long", title="", params=Depth, function=dive, duration=lambda params: 1),
        Metric(name="quick", title="", params=Depth, function=dive),
        Command(name="program", title="", program="true", package="", duration=lambda params: 1),
    ]
"""

pytestmark = pytest.mark.usefixtures("nothing_left")

Write = Callable[[str], HostMetrics]


@pytest.fixture
def write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Make a plugin of a function's body, and give its metrics."""
    monkeypatch.syspath_prepend(folder)

    def make(body: str) -> HostMetrics:
        (folder / f"{MODULE}.py").write_text(PLUGIN.format(body=body))
        config = Settings(command_path=PATH)
        return bind(load(config, [EntryPoint("plugin", MODULE, GROUP)]), config)

    yield make
    sys.modules.pop(MODULE, None)


def collect(metrics: HostMetrics, run: Run, **params: int) -> str:
    return report_of(metrics, run, **params).text


def report_of(metrics: HostMetrics, run: Run, **params: int) -> Report:
    bound = metrics.get("long")
    assert bound
    return isolation.collect(bound, bound.metric.params.model_validate(params), run)


def test_a_long_function_runs_in_another_process(write: Write, make_run: MakeRun) -> None:
    metrics = write("return Report(f'{os.getpid()} {params.depth} {params.feet:.0f}')")
    pid, *told = collect(metrics, make_run(), depth=7).split()
    assert int(pid) != os.getpid()
    assert told == ["7", "23"]


@pytest.mark.parametrize(("name", "here"), [("long", False), ("quick", True)])
def test_the_executor_gives_long_functions_alone_a_process(
    name: str, here: bool, write: Write
) -> None:
    metrics = write("return Report(str(os.getpid()))")
    metric = metrics.registry.get(name)
    assert metric
    pid = Executor(Settings(), metrics).run_now(metric, metric.params()).report.text
    assert (int(pid) == os.getpid()) is here


def test_a_function_is_told_that_its_metric_declares_no_settings(
    write: Write, make_run: MakeRun
) -> None:
    told = "AttributeError: the metric declares no settings, so there is no token: give Metric"
    with pytest.raises(MetricFailed, match=told):
        collect(write("return Report(run.settings.token)"), make_run())


def test_the_environment_is_that_of_any_function(write: Write, make_run: MakeRun) -> None:
    text = collect(write("return Report(repr(dict(os.environ)))"), make_run())
    assert ast.literal_eval(text) == for_functions()


def test_what_a_function_starts_inherits_no_job(write: Write, make_run: MakeRun) -> None:
    body = "return Report(os.popen('env').read() + ' '.join(sys.argv))"
    assert "SYSMON_JOB" in isolation.BOOT
    assert "SYSMON_JOB" not in collect(write(body), make_run())


def test_a_metric_finds_its_programs_there_where_it_does_here(
    folder: Path, write: Write, make_run: MakeRun
) -> None:
    write("pass")
    code = (folder / f"{MODULE}.py").read_text()
    code = code.replace(
        "def dive",
        """class Finder(Metric):
    path: str = ""

    def on_host(self, search_path):
        self.__dict__["path"] = search_path
        return self

    def collect(self, params, run):
        return Report(self.path)

def dive""",
    ).replace('Metric(name="long"', 'Finder(name="long"')
    (folder / f"{MODULE}.py").write_text(code)
    sys.modules.pop(MODULE, None)
    config = Settings(command_path="/of/the/settings")
    metrics = bind(load(config, [EntryPoint("plugin", MODULE, GROUP)]), config)
    assert collect(metrics, make_run()) == "/of/the/settings"


@pytest.mark.parametrize("text", ["", 'ü\n\0\x1b half a pair \udce9 {} "', "x" * 100_000])
def test_the_text_comes_back_as_it_was(text: str, write: Write, make_run: MakeRun) -> None:
    assert collect(write(f"return Report({text!a})"), make_run()) == text


@pytest.mark.parametrize("letter", ["x", "ü", "\n", "\U0001f600"])
def test_a_report_may_be_as_large_as_the_output_of_a_program(
    letter: str, write: Write, make_run: MakeRun
) -> None:
    text = collect(write(f"return Report({letter!a} * 1000)"), make_run(output_limit=1000))
    assert text == letter * 1000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise MetricFailed('no water')", "^no water$"),
        ("raise ValueError('no water')", "^ValueError: no water$"),
        ("sys.exit('bye')", "^SystemExit: bye$"),
        ("os._exit(3)", "status 3"),
        ("os.abort()", "status -6"),
        ("return None", "no Report"),
        ("return Report(b'bytes')", "no Report"),
    ],
)
def test_what_a_function_does_to_its_process_is_its_own_failure(
    body: str, reason: str, write: Write, make_run: MakeRun
) -> None:
    with pytest.raises(MetricFailed, match=reason):
        collect(write(body), make_run())


def test_a_metric_that_the_plugin_has_no_longer_is_a_failure(
    folder: Path, write: Write, make_run: MakeRun
) -> None:
    metrics = write("return Report('')")
    (folder / f"{MODULE}.py").write_text(PLUGIN.format(body="pass").replace('"long"', '"short"'))
    with pytest.raises(MetricFailed, match="long"):
        collect(metrics, make_run())


@pytest.mark.parametrize(
    "mess",
    [
        pytest.param("print('noise', flush=True); os.write(1, b'noise')", id="output"),
        pytest.param("os.write(2, b'noise' * 10**6)", id="much on stderr"),
        pytest.param("threading.Thread(target=time.sleep, args=(1000,)).start()", id="a thread"),
        pytest.param("os.chdir('/tmp'); os.environ.clear(); sys.path.clear()", id="its process"),
        pytest.param("sys.stdout.close(); sys.stdin = None", id="its streams"),
    ],
)
def test_what_a_function_leaves_about_is_no_part_of_its_report(
    mess: str, write: Write, make_run: MakeRun
) -> None:
    assert collect(write(f"{mess}; return Report('ok')"), make_run()) == "ok"


def test_a_process_that_a_function_leaves_behind_is_ended(
    folder: Path, write: Write, make_run: MakeRun
) -> None:
    body = f"os.system('sleep 1000 & echo $! > {folder}/pid'); return Report('ok')"
    assert collect(write(body), make_run()) == "ok"
    until(lambda: not alive(pid_in(folder / "pid")), AT_ONCE)


def test_a_function_that_never_ends_is_stopped_at_its_deadline(
    write: Write, make_run: MakeRun
) -> None:
    with pytest.raises(MetricTimeout):
        collect(write("while True: pass"), make_run(seconds=0.5))


def test_a_function_that_hears_nothing_is_stopped(
    folder: Path, write: Write, make_run: MakeRun, stop_when: StopWhen
) -> None:
    run, file = make_run(), folder / "pid"
    stop_when(lambda: has_pid(file), run)
    with pytest.raises(RunStopped, match="enough"):
        collect(write(f"print(os.getpid(), file=open('{file}', 'w')); time.sleep(1000)"), run)
    assert not alive(pid_in(file))


def test_rows_come_back_and_are_told_as_they_come(write: Write, make_run: MakeRun) -> None:
    told: list[bytes] = []
    metrics = write("yield {'depth': params.depth}; yield {'depth': 12, 'fish': 'ü'}")
    report = report_of(metrics, make_run(listener=told.append))
    assert report.rows == [{"depth": 3}, {"depth": 12, "fish": "ü"}]
    assert b"".join(told).decode() == report.text == "depth\n    3\n   12\n"


def test_a_row_is_told_before_the_next_is_there(
    folder: Path, write: Write, make_run: MakeRun
) -> None:
    """The function waits for a file that is made when its first row is heard of."""
    told = folder / "told"
    body = f"yield {{'depth': 1}}\n    while not os.path.exists('{told}'): time.sleep(0.01)"
    run = make_run(listener=lambda _: told.touch())
    assert collect(write(body), run) == "depth\n    1\n"
