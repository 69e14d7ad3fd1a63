"""Rows that are read while a program prints: when they come, and what goes on if they do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sysmon_core import Column, Command, MetricFailed, Params, Report, Row, Run
from sysmon_core.errors import MetricTimeout, PluginFault, RunStopped
from sysmon_core.metrics.report import Sample
from sysmon_core.metrics.samples import SampleList
from tests.conftest import MakePrograms
from tests.unit.conftest import AT_ONCE, LONG, MakeRun, StopWhen

pytestmark = pytest.mark.usefixtures("nothing_left")

HEAD = "Device  tps"
COLUMNS = [Column("device", "the disk", kind="key"), Column("tps", "transfers", "1/s")]
REPORT = f"echo '{HEAD}'; echo 'sda {{0}}'; echo 'sdb 0.00'; echo"

Collect = Callable[..., Report]


def rows(tps: float) -> list[Row]:
    return [{"device": "sda", "tps": tps}, {"device": "sdb", "tps": 0.0}]


@pytest.fixture
def collect(programs: MakePrograms) -> Collect:
    """Run a script as a program whose output iostat_s reads."""

    def run(script: str, run: Run, **fields: Any) -> Report:
        own: dict[str, Any] = {"columns": COLUMNS, "parser": "iostat_s", "duration": lambda _: 1}
        own |= {"name": "fish", "title": "Fish", "program": "fish", "package": "f"}
        metric = Command(**(own | fields))
        return metric.on_host(programs(fish=script)).collect(Params(), run)

    return run


def test_a_sample_comes_before_the_next_is_printed(
    folder: Path, collect: Collect, make_run: MakeRun
) -> None:
    """The program goes on when its first report was heard of."""
    parts: list[Sample] = []

    def hear(part: Sample) -> None:
        parts.append(part)
        if part.rows[-1]["device"] == "sdb":
            (folder / "told").touch()

    wait = f"while [ ! -e {folder}/told ]; do sleep 0.01; done"
    script = f"{REPORT.format(1.25)}; {wait}; {REPORT.format(2)}"
    before = time.time()
    report = collect(script, make_run(sample_listener=hear), since_boot=True)
    first, second = SampleList(parts).samples
    assert (first.rows, first.index, first.since_boot) == (rows(1.25), 0, True)
    assert (second.rows, second.index, second.since_boot) == (rows(2), 1, False)
    assert before <= first.at < second.at <= time.time()
    assert report.told
    assert report.rows == rows(1.25) + rows(2), "the text has them, too"


def test_nothing_is_read_where_nobody_asks_for_rows(collect: Collect, make_run: MakeRun) -> None:
    read: list[Row] = []

    def keep(parsed: Sequence[Row], _params: Params) -> Iterator[Row]:
        for row in parsed:
            read.append(row)
            yield row

    told: list[bytes] = []
    report = collect(REPORT.format(1), make_run(listener=told.append), rows=keep)
    assert b"".join(told).decode() == report.text
    assert read == []
    assert report.rows == rows(1)
    assert [row["tps"] for row in read] == [1.0, 0.0]


def test_what_cannot_be_read_ends_the_samples_and_not_the_program(
    folder: Path, collect: Collect, make_run: MakeRun
) -> None:
    found = SampleList()
    script = f"{REPORT.format(1)}; echo no device; echo 3 4 5; sleep 0.1; touch {folder}/end"
    report = collect(
        f"{script}; {REPORT.format(2)}", make_run(sample_listener=found), parser="vmstat_s"
    )
    assert (folder / "end").exists()
    assert report.text.count(HEAD) == 2
    assert (report.told, found.samples) == (False, [])
    for _ in range(2):
        with pytest.raises(MetricFailed, match="What fish printed cannot be read: the parser vms"):
            _ = report.samples


VMSTAT = "procs memory\\n r b swpd free buff cache\\n" + " ".join(map(str, range(17)))


def test_samples_before_a_line_that_cannot_be_read_were_told(
    collect: Collect, make_run: MakeRun
) -> None:
    found = SampleList()
    script = f"printf '{VMSTAT}\\n'; echo 1 x; sleep 0.1; echo end"
    free = [Column("free_mem", "idle memory", "By", scale=1024)]
    report = collect(script, make_run(sample_listener=found), parser="vmstat_s", columns=free)
    assert [one.rows for one in found.samples] == [[{"free_mem": 3072}]]
    assert report.text.endswith("1 x\nend\n")
    assert not report.told


def test_rows_may_be_enough_before_the_end(collect: Collect, make_run: MakeRun) -> None:
    def first(parsed: Sequence[Row], _params: Params) -> Iterator[Row]:
        for row in parsed:
            yield row
            return

    found = SampleList()
    script = f"{REPORT.format(1)}; sleep 0.1; {REPORT.format(2)}"
    report = collect(script, make_run(sample_listener=found), rows=first)
    assert [one.rows for one in found.samples] == [rows(1)[:1]]
    assert report.text.count(HEAD) == 2


def test_the_fault_of_a_function_is_told_where_rows_are_asked_for(
    collect: Collect, make_run: MakeRun
) -> None:
    def fail(parsed: Sequence[Row], _params: Params) -> Iterator[Row]:
        for row in parsed:
            yield {"device": row["no such"]}

    report = collect(
        f"{REPORT.format(1)}; sleep 0.1", make_run(sample_listener=[].append), rows=fail
    )
    assert report.text.count(HEAD) == 1
    with pytest.raises(PluginFault, match="KeyError: 'no such'"):
        _ = report.rows


def of_a_list(parsed: list[Row], _params: Params) -> list[Row]:
    return parsed[1:]


def of_a_list_one_by_one(parsed: list[Row], _params: Params) -> Iterator[Row]:
    assert len(parsed) == 4
    yield from parsed[1:]
    assert parsed[0] not in list(parsed)[1:]


@pytest.mark.parametrize("function", [of_a_list, of_a_list_one_by_one])
def test_a_function_that_wants_a_list_gets_one_at_the_end(
    function: Any, collect: Collect, make_run: MakeRun
) -> None:
    """As plugins for sysmon 0.1 were written."""
    found = SampleList()
    script = f"{REPORT.format(1)}; {REPORT.format(2)}"
    report = collect(script, make_run(sample_listener=found), rows=function)
    assert report.told is bool(found.samples) is (function is of_a_list_one_by_one)
    assert report.rows == (rows(1) + rows(2))[1:]


def test_lines_are_rewritten_as_they_come(collect: Collect, make_run: MakeRun) -> None:
    def prepare(lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if not line.startswith("sdb"):
                yield line.replace("!", "")

    found = SampleList()
    report = collect(REPORT.format("!1"), make_run(sample_listener=found), prepare=prepare)
    assert [one.rows for one in found.samples] == [rows(1)[:1]]
    assert report.rows == rows(1)[:1]
    assert "!" in report.text


def test_a_text_that_is_rewritten_whole_has_its_samples_at_the_end(
    collect: Collect, make_run: MakeRun
) -> None:
    found = SampleList()
    report = collect(
        REPORT.format("!1"),
        make_run(sample_listener=found),
        prepare=lambda text: text.replace("!", ""),
    )
    assert (report.told, found.samples) == (False, [])
    assert report.rows == rows(1)


def swallow(parsed: Sequence[Row], _params: Params) -> Iterator[Row]:
    try:
        yield from parsed
    except Exception:  # noqa: BLE001 - what a careless author writes
        return


@pytest.mark.parametrize("function", [None, swallow])
@pytest.mark.parametrize("kind", [RunStopped, MetricTimeout, MetricFailed])
def test_the_end_of_a_run_is_no_fault_of_the_parser(
    kind: type[Exception],
    function: Any,
    collect: Collect,
    make_run: MakeRun,
    stop_when: StopWhen,
) -> None:
    script, seconds = f"{REPORT.format(1)}; {LONG}", 20.0
    if kind is MetricFailed:
        script = f"{REPORT.format(1)}; yes '' | head -c 70000; {LONG}"
    if kind is MetricTimeout:
        seconds = 0.5
    found = SampleList()
    run = make_run(seconds, output_limit=65536, sample_listener=found)
    if kind is RunStopped:
        stop_when(lambda: found.samples, run)
    begin = time.monotonic()
    with pytest.raises(kind):
        collect(script, run, rows=function)
    assert time.monotonic() - begin < AT_ONCE


def test_a_program_that_fails_has_told_its_samples(collect: Collect, make_run: MakeRun) -> None:
    found = SampleList()
    with pytest.raises(MetricFailed, match="fish ended with status 3: no water"):
        collect(f"{REPORT.format(1)}; echo no water >&2; exit 3", make_run(sample_listener=found))
    assert [one.rows for one in found.samples] == [rows(1)]


class Full(Exception):
    """Of a listener that can take no more."""


def test_a_listener_that_fails_ends_the_program(collect: Collect, make_run: MakeRun) -> None:
    def fail(_part: Sample) -> None:
        raise Full

    with pytest.raises(Full):
        collect(f"{REPORT.format(1)}; {LONG}", make_run(sample_listener=fail))


def test_a_table_has_its_samples_at_the_end(collect: Collect, make_run: MakeRun) -> None:
    found = SampleList()
    report = collect(REPORT.format(1), make_run(sample_listener=found), table=True)
    assert (report.told, found.samples) == (False, [])
    assert report.rows == rows(1)
