"""A plugin that was written for sysmon 0.1, which knew no samples, works as it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_core import Params, Report, Row
from sysmon_core.metrics.host import HostMetrics
from sysmon_core.metrics.samples import SampleList
from tests.conftest import MakePrograms
from tests.support.plugins import site_with
from tests.unit.conftest import MakeRun

PLUGIN = """
from sysmon_core import Column, Command, Metric, Report, hookimpl

COLUMNS = [Column("name", "which fish it is"), Column("depth", "how deep it is", "m")]
ROWS = [{"name": "carp", "depth": 7}, {"name": "sturgeon", "depth": 120}]
PING = [Column("number", "which answer it is", "1", source="icmp_seq")]
DISKS = [Column("device", "which disk"), Column("read", "", "By/s", source="kb_read_s", scale=1024)]

def yields(params, run):
    yield from ROWS

def metric(name, function, **more):
    return Metric(name=name, title=name, function=function, columns=COLUMNS, **more)

def command(name, **more):
    return Command(name=name, title=name, package=name, **more)

@hookimpl
def sysmon_metrics():
    return [
        metric("report", lambda params, run: Report("two fish", ROWS)),
        metric("made", lambda params, run: Report("two fish", lambda: ROWS)),
        metric("list", lambda params, run: ROWS),
        metric("yields", yields, duration=lambda params: 1),
        metric("text", lambda params, run: "two fish"),
        command("plain", program="fish"),
        command("disks", program="iostat", parser="iostat", columns=DISKS),
        command("own", program="fish", parser=lambda text: [{"fish": text.split()[0]}]),
        command("ping", program="ping", parser="ping_s", columns=PING, duration=lambda params: 1,
                prepare=lambda text: text.replace("octets", "bytes"),
                rows=lambda parsed, params: [row for row in parsed if row["type"] == "reply"]),
    ]
"""
ROWS: list[Row] = [{"name": "carp", "depth": 7}, {"name": "sturgeon", "depth": 120}]
TABLE = "name      depth\ncarp          7\nsturgeon    120\n"
AS_THEY_COME = "name  depth\ncarp      7\nsturgeon    120\n"
FISH = "two fish\n"
IOSTAT = """\
Device             tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn
sda               2.00         1.10         2.00          8         16
"""
PING = """\
PING example.org (93.184.216.34) 56(84) bytes of data.
64 octets from 93.184.216.34 (93.184.216.34): icmp_seq=1 ttl=56 time=11.6 ms
64 octets from 93.184.216.34 (93.184.216.34): icmp_seq=2 ttl=56 time=11.7 ms
"""
FORMS: dict[str, tuple[str, list[Row]]] = {
    "report": ("two fish", ROWS),
    "made": ("two fish", ROWS),
    "list": (TABLE, ROWS),
    "yields": (AS_THEY_COME, ROWS),
    "text": ("two fish", []),
    "plain": (FISH, []),
    "disks": (IOSTAT, [{"device": "sda", "read": 1126.4}]),
    "own": (FISH, [{"fish": "two"}]),
    "ping": (PING, [{"number": 1}, {"number": 2}]),
}


@pytest.fixture
def metrics(folder: Path, programs: MakePrograms, monkeypatch: pytest.MonkeyPatch) -> HostMetrics:
    """Its metrics, on a host that has their programs."""
    printed = {"fish": FISH, "iostat": IOSTAT, "ping": PING}
    for name, text in printed.items():
        (folder / f"{name}.txt").write_text(text)
    path = programs(**{name: f"cat {folder}/{name}.txt" for name in printed})
    with site_with(PLUGIN, folder, monkeypatch) as site:
        return site.bind(command_path=path)


@pytest.mark.parametrize("listened", [False, True])
@pytest.mark.parametrize(("name", "found"), FORMS.items(), ids=FORMS)
def test_it_gives_its_text_and_its_rows(
    name: str, found: tuple[str, list[Row]], listened: bool, metrics: HostMetrics, make_run: MakeRun
) -> None:
    bound, told = metrics.get(name), SampleList()
    assert bound
    run = replace(make_run(), sample_listener=told) if listened else make_run()
    report = bound.metric.collect(Params(), run)
    samples = told.samples if report.told else report.samples
    assert report.text == found[0]
    assert [row for sample in samples for row in sample.rows] == found[1]


def test_its_report_is_made_as_before() -> None:
    report = Report("two fish", ROWS)
    assert (report.text, report.rows, report.told) == ("two fish", ROWS, False)
    assert [sample.rows for sample in report.samples] == [ROWS]
