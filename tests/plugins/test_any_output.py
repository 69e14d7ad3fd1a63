"""Whatever programs and the system tell: the text is shown, and rows are sound or refused."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from webtest import TestApp

import sysmon_disk
import sysmon_iostat
import sysmon_processes
import sysmon_uptime
import sysmon_vmstat
from sysmon_core import Metric, MetricFailed, Report
from sysmon_core.running.context import Run, Stop
from tests.conftest import PATIENCE, MakeApp, MakePrograms, MakeSettings, examples
from tests.plugins.conftest import IDENTIFIERS, Mount, Usage

MODULES = {"uptime": sysmon_uptime, "iostat": sysmon_iostat, "vmstat": sysmon_vmstat}

# What programs of several versions and platforms print, ours with options that we do not give, too.
SAMPLES = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("samples/*.txt")}
RIGHT = re.compile(
    "iostat-sysstat-1[12](.6)?.txt|vmstat-procps-[34].*[0-9e].txt|uptime-(procps|mac)(?!.*pretty).*"
)

NUMBER = re.compile(rb"[0-9][0-9.]*")
NUMBERS = [
    b"",
    b"-1",
    b"0",
    b"9" * 20,
    b"9" * 400,
    b"9" * 5000,
    b"1e999",
    b"nan",
    b"inf",
    b"-",
    b".",
]
NUMBERS += [
    b"1.2.3",
    b"0x10",
    b"1,5",
    b"1_0",
    b"x",
    b"*****",
    "٣".encode(),
    b"1.7976931348623157e308",
]
BYTES = [b"\0", b"\x1b[2J", b"\r", b"\x0b", b"\x0c", b"\x1c", b"\xc2\x85", b"\xe2\x80\xa8", b"\xff"]
BYTES += [
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\t",
    b" ",
    b"user",
    b"day",
    b"min",
    b":",
    b"Device",
    b"%",
]
ROOM = 1 << 20  # bytes that a program may print


def sound(metric: Metric, row: dict[str, Any]) -> None:
    """The columns that are declared, and in each a value of its kind or none."""
    assert list(row) == [column.name for column in metric.columns]
    json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
    for column in metric.columns:
        value = row[column.name]
        if column.unit or column.name in IDENTIFIERS:
            assert type(value) in {int, float, type(None)}, column.name
        else:
            assert type(value) in {str, type(None)}, column.name


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, bytes]:
    """The name of a sample, and what became of it."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    text = SAMPLES[name]
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4)):
        text = change(draw, text)
    return name, text


def change_lines(draw: st.DrawFn, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    place = draw(st.integers(0, len(lines) - 1))
    other = draw(st.integers(0, len(lines) - 1))
    lines[place : place + 1] = draw(
        st.sampled_from([[], [lines[place]] * 2, [lines[other]], [lines[place].strip()], [b"\n"]])
    )
    return b"".join(lines)


def cut(draw: st.DrawFn, text: bytes) -> bytes:
    return text[: draw(st.integers(0, len(text)))]


def change_number(draw: st.DrawFn, text: bytes) -> bytes:
    found = [*NUMBER.finditer(text)]
    if not found:
        return text
    one = found[draw(st.integers(0, len(found) - 1))]
    return text[: one.start()] + draw(st.sampled_from(NUMBERS)) + text[one.end() :]


def put_in(draw: st.DrawFn, text: bytes) -> bytes:
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.sampled_from(BYTES) | st.binary(max_size=9)) + text[place:]


def lose_words(draw: st.DrawFn, text: bytes) -> bytes:
    words = re.split(rb"(\s+)", text)
    place = draw(st.integers(0, len(words) - 1))
    return b"".join(words[:place] + words[place + draw(st.integers(1, 9)) :])


def another(draw: st.DrawFn, text: bytes) -> bytes:
    return text + SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]


CHANGES: list[Callable[[st.DrawFn, bytes], bytes]]
CHANGES = [change_lines, cut, change_number, change_number, put_in, put_in, lose_words, another]


def collected(metric: Metric) -> Report:
    """The report of one run; there are too many for descriptors to be left until the end."""
    with Stop() as stop:
        return metric.collect(metric.params(), Run(time.monotonic() + PATIENCE, ROOM, stop))


class Printing:
    """Metrics whose programs print a file that is written here."""

    def __init__(self, folder: Path, programs: MakePrograms) -> None:
        self._file = folder / "printed"
        self.path = programs(**dict.fromkeys(MODULES, f"cat {self._file}"))
        self._metrics = {
            name: module.sysmon_metrics()[0].on_host(self.path) for name, module in MODULES.items()
        }

    def says(self, text: bytes) -> None:
        self._file.write_bytes(text)

    def report(self, name: str, text: bytes) -> tuple[Metric, Report]:
        self.says(text)
        metric = self._metrics[name]
        return metric, collected(metric)


@pytest.fixture
def printing(folder: Path, programs: MakePrograms) -> Printing:
    return Printing(folder, programs)


def hold(printing: Printing, name: str, text: bytes) -> list[dict[str, Any]] | None:
    """Hold the report of a metric to its promises; gives the rows, or None if they are refused."""
    metric, report = printing.report(name, text)
    shown = text.decode("utf-8", "replace")
    assert report.text == (shown.strip() if name == "uptime" else shown)
    try:
        rows = list(report.rows)
    except MetricFailed as error:
        if not re.fullmatch(f"What {name} printed cannot be read: .+", str(error)):
            raise
        return None
    for row in rows[:1000]:  # of garbage there may be a million
        sound(metric, row)
    return rows


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_what_programs_print_has_sound_rows(sample: str, printing: Printing) -> None:
    rows = hold(printing, sample.split("-", 1)[0], SAMPLES[sample])
    if RIGHT.fullmatch(sample):
        assert rows
        assert all(sum(value is None for value in row.values()) <= 2 for row in rows)


@settings(max_examples=examples(500))
@given(mutant=mutants())
def test_whatever_a_program_prints_its_rows_are_sound_or_refused(
    mutant: tuple[str, bytes], printing: Printing
) -> None:
    sample, text = mutant
    for name in MODULES:  # each parser gets the output of the others, too
        if name == sample.split("-", 1)[0] or len(text) % 5 == 0:
            rows = hold(printing, name, text)
            event(f"{name} {'refused' if rows is None else 'rows' if rows else 'no rows'}")


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("piece", [b"\xff", b"1", b"1 ", b"a\n", b"\n", b"0\0", b" \t", b"user 9 "])
def test_as_much_garbage_as_may_be_printed_is_no_fault_of_ours(
    name: str, piece: bytes, printing: Printing
) -> None:
    own = next(text for sample, text in sorted(SAMPLES.items()) if sample.startswith(name))
    hold(printing, name, own + piece * ((ROOM - len(own)) // len(piece)))


def test_over_http_it_is_shown_as_it_is(
    printing: Printing, make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    app: TestApp = make_testapp(make_settings(command_path=printing.path))

    @settings(max_examples=examples(50))
    @given(mutants())
    @example(("", b""))
    def hold_over_http(mutant: tuple[str, bytes]) -> None:
        printing.says(mutant[1])
        shown = mutant[1].decode("utf-8", "replace")
        assert app.get("/v1/iostat/").json == {"iostat": shown}
        assert app.get("/v1/vmstat/").json == {"vmstat": shown}

    hold_over_http()


raw = st.text(max_size=12) | st.binary(max_size=12).map(
    lambda name: name.decode("utf-8", "surrogateescape")
)
number = st.integers() | st.sampled_from([10**400, -(10**5000), math.nan, math.inf]) | st.floats()
mounts = st.lists(st.builds(Mount, raw, raw, st.just("ext4") | raw, raw), max_size=4)
usages = st.builds(Usage, number, number, number, number)


def rows_of(metric: Metric) -> list[dict[str, Any]]:
    """The rows of a metric, sound, or none if they are refused."""
    try:
        report = collected(metric)
    except MetricFailed as error:
        if "rows that are no JSON" not in str(error):
            raise
        return []
    report.text.encode()
    for row in report.rows:
        sound(metric, row)
    return list(report.rows)


@settings(max_examples=examples(100))
@given(mounts=mounts, usage=usages)
def test_whatever_the_system_says_of_disks_the_rows_are_sound_or_refused(
    mounts: list[Mount], usage: Usage
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psutil, "disk_partitions", lambda **_: mounts)
        patch.setattr(psutil, "disk_usage", lambda _: usage)
        (metric,) = sysmon_disk.sysmon_metrics()
        rows = rows_of(metric)
        seen = {mount.mountpoint: mount.device for mount in mounts}  # the later hides the other
        assert len(rows) in {0, len(set(seen.values()))}


@settings(max_examples=examples(100))
@given(
    found=st.lists(
        st.tuples(st.integers(0, 2**31), raw | st.none(), raw, number, number), max_size=4
    )
)
def test_whatever_the_system_says_of_processes_the_rows_are_sound_or_refused(
    found: list[tuple[int, str | None, str, Any, Any]],
) -> None:
    def process(pid: int, user: str | None, name: str, size: Any, threads: Any) -> Any:
        told = {"username": user, "name": name, "status": "running", "num_threads": threads}
        told["memory_info"] = size and SimpleNamespace(rss=size)
        return SimpleNamespace(pid=pid, as_dict=lambda _: told)

    def read(_params: Any, _run: Any) -> Iterator[dict[str, Any]]:
        return sysmon_processes.rows((process(*one), one[3]) for one in found)

    columns = sysmon_processes.COLUMNS
    metric = Metric(name="fakes", title="Fakes", columns=columns, function=read)
    assert len(rows_of(metric)) in {0, len(found)}
