from __future__ import annotations

import functools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from webtest import TestApp

from sysmon_core import Metric, MetricFailed, Row
from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_processes import INTERVAL_SECONDS, ProcessesParams, share
from tests.conftest import MakeApp, MakeSettings, until
from tests.plugins.conftest import MakeRun

HUNDRED_MIB = 100 << 20

Read = Callable[..., list[Row]]
Start = Callable[..., int]


@pytest.fixture
def read(metric: Metric, make_run: MakeRun) -> Read:
    def read(**given: object) -> list[Row]:
        return list(metric.collect(ProcessesParams.model_validate(given), make_run()).rows)

    return read


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python with this code, and wait until it has said that it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str, *words: str, name: str = sys.executable) -> int:
        command = [name, "-c", "import time; " + code, *words]
        process = subprocess.Popen(command, executable=sys.executable, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline()
        return process.pid

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


READY = "print('ready', flush=True); "


def test_it_is_one_quick_metric(metric: Metric) -> None:
    assert (metric.name, metric.long) == ("processes", False)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"top": "0"}, ["top"]),
        ({"top": "101"}, ["top"]),
        ({"top": "1.5"}, ["top"]),
        ({"by": "io"}, ["by"]),
        ({"by": ""}, ["by"]),
        ({"by": "CPU"}, ["by"]),
        ({"top": "x", "by": "x"}, ["by", "top"]),
        ({"user": "root"}, ["user"]),
    ],
)
def test_params_that_make_no_sense_are_refused_by_name(
    given: dict[str, str], names: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        ProcessesParams.model_validate(given)
    assert sorted(str(error["loc"][0]) for error in caught.value.errors()) == names


@given(
    begin=st.floats(0, 1e9),
    seconds=st.floats(0.01, 1e4),
    used=st.floats(0, 1e9),
    more=st.floats(-1e9, 1e9),
)
def test_a_share_is_never_negative_nor_less_than_what_was_used(
    begin: float, seconds: float, used: float, more: float
) -> None:
    found = share((begin, used), (begin + seconds, used + more))
    assert found >= 0
    if more <= 0:  # another process has got the number by now
        assert found == 0


@pytest.mark.parametrize(
    ("used", "seconds", "percent"), [(0.0, 0.5, 0.0), (0.05, 0.5, 10.0), (1.0, 0.5, 200.0)]
)
def test_a_share_is_of_one_processor(used: float, seconds: float, percent: float) -> None:
    assert share((10.0, 5.0), (10.0 + seconds, 5.0 + used)) == percent


def test_as_many_are_told_as_are_asked_for(read: Read) -> None:
    for by in ("cpu", "memory"):
        assert len(read(top="1", by=by)) == 1
        assert len(read(top="3", by=by)) == 3
    assert 3 < len(read()) <= 10


def test_the_busiest_come_first(read: Read, start: Start) -> None:
    pid = start(READY + "\nwhile True: pass")
    rows = read(top="100")
    shares = [row["cpu"] for row in rows]
    assert shares == sorted(shares, reverse=True)
    (row,) = [row for row in rows if row["pid"] == pid]
    assert row["cpu"] > 5  # others want the processor too
    assert (row["status"], row["threads"]) == ("running", 1)


def test_the_largest_come_first(read: Read, start: Start) -> None:
    pid = start(f"room = bytearray(b'x') * {HUNDRED_MIB}; {READY} time.sleep(1000)")
    rows = read(top="100", by="memory")
    sizes = [row["memory"] for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    (row,) = [row for row in rows if row["pid"] == pid]
    assert HUNDRED_MIB < row["memory"] < 2 * HUNDRED_MIB
    assert row["user"] == psutil.Process().username()


def test_the_arguments_of_a_process_are_never_told(
    read: Read, start: Start, make_run: MakeRun, metric: Metric
) -> None:
    pid = start(READY + "\nwhile True: pass", "--password=swordfish")
    for by in ("cpu", "memory"):
        report = metric.collect(ProcessesParams.model_validate({"top": 100, "by": by}), make_run())
        assert pid in {row["pid"] for row in report.rows}
        assert "swordfish" not in report.text + str(report.rows)


def test_nor_are_they_as_a_part_of_the_name(read: Read, start: Start) -> None:
    # As setproctitle() does it: the kernel has the beginning of what stands in place of the words.
    code = "import ctypes; ctypes.CDLL(None).prctl(15, b'a-name-of-some-length')\n"
    pid = start(code + READY + "\nwhile True: pass", name="a-name-of-some-length --word=swordfish")
    assert "swordfish" in psutil.Process(pid).name()
    (row,) = [row for row in read(top="100") if row["pid"] == pid]
    assert row["name"] == "a-name-of-some-"


def test_a_zombie_is_no_error(read: Read) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert read(top="100")
    assert read(top="100", by="memory")
    process.wait()


def test_processes_that_come_and_go_are_no_error(read: Read) -> None:
    script = "while :; do /bin/true; done"
    with subprocess.Popen(["/bin/sh", "-c", script]) as shell:
        try:
            for by in ("cpu", "memory"):
                rows = read(top="100", by=by)
                assert len({row["pid"] for row in rows}) == len(rows) > 3
        finally:
            shell.kill()


def test_one_that_denies_access_is_left_out_or_lacks_what_it_does_not_tell(
    read: Read, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, shy = start(READY + "\nwhile True: pass"), start(READY + "\nwhile True: pass")
    cpu_times, memory_info = psutil.Process.cpu_times, psutil.Process.memory_info

    @functools.wraps(cpu_times)
    def times(process: psutil.Process) -> object:
        if process.pid == closed:
            raise psutil.AccessDenied(closed)
        return cpu_times(process)

    @functools.wraps(memory_info)
    def memory(process: psutil.Process) -> object:
        if process.pid in {closed, shy}:
            raise psutil.AccessDenied(process.pid)
        return memory_info(process)

    monkeypatch.setattr(psutil.Process, "cpu_times", times)
    monkeypatch.setattr(psutil.Process, "memory_info", memory)
    rows = {row["pid"]: row for row in read(top="100")}
    assert closed not in rows
    assert rows[shy]["memory"] is None
    assert rows[shy]["cpu"] > 0
    assert not {closed, shy} & {row["pid"] for row in read(top="100", by="memory")}


def test_a_name_that_is_no_text_does_not_spoil_the_report(read: Read, start: Start) -> None:
    name = "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xffish'); "
    pid = start(name + READY + "\nwhile True: pass")
    (row,) = [row for row in read(top="100") if row["pid"] == pid]
    assert row["name"] == "?ish"


@pytest.mark.parametrize("by", ["cpu", "memory"])
def test_a_host_that_shows_no_process_is_told(
    by: str, read: Read, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(folder))  # as where /proc is not mounted
    with pytest.raises(MetricFailed, match=r"shows no process: mount /proc"):
        read(by=by)


def test_a_run_that_is_to_end_ends(metric: Metric, make_run: MakeRun) -> None:
    for by in ("cpu", "memory"):
        params = ProcessesParams.model_validate({"by": by})
        with pytest.raises(MetricTimeout):
            metric.collect(params, make_run(INTERVAL_SECONDS / 5))
        run = make_run()
        run.stop.set("enough")
        with pytest.raises(RunStopped, match="enough"):
            metric.collect(params, run)


def test_it_is_asked_over_http(make_settings: MakeSettings, make_testapp: MakeApp) -> None:
    app: TestApp = make_testapp(make_settings())
    answer = app.get("/v1/processes/?top=2&by=memory").json["processes"]
    assert answer.split()[:3] == ["pid", "user", "name"]
    assert len(answer.splitlines()) == 3
    wrong = app.get("/v1/processes/?by=io", status=400).json["errors"]
    assert [(error["in"], error["name"]) for error in wrong] == [("query", "by")]
