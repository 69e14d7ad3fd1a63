"""Whatever programs print: rows are the same while it is printed and when it is read again."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings

import sysmon_iostat
import sysmon_vmstat
from sysmon_core import Command, MetricFailed
from sysmon_core.metrics.samples import SampleList
from sysmon_core.running.context import Stop
from sysmon_core.running.run import Run
from tests.conftest import PATIENCE, MakePrograms, examples
from tests.plugins.conftest import ROOM, sound
from tests.plugins.mutated_samples import SAMPLES, mutants

METRICS = {
    one.name: one for one in (*sysmon_iostat.sysmon_metrics(), *sysmon_vmstat.sysmon_metrics())
}
UNREADABLE = "What {} printed cannot be read: .+"


def hold(metric: Command, text: bytes) -> None:
    """Run a program that prints this, and hold what came to what the text says afterwards."""
    found = SampleList()
    with Stop() as stop:
        run = Run(time.monotonic() + PATIENCE, ROOM, stop, sample_listener=found)
        report = metric.collect(metric.params(), run)
    assert report.text == text.decode("utf-8", "replace")
    told = [row for sample in found.samples for row in sample.rows]
    assert [one.index for one in found.samples] == list(range(len(found.samples)))
    assert [one.since_boot for one in found.samples] == [n == 0 for n in range(len(found.samples))]
    if report.told:
        assert told == metric.parse(report.text, metric.params())
        again = metric.cut(told, 0.0)
        assert [one.rows for one in again] == [one.rows for one in found.samples]
        return
    for row in told:
        sound(metric, row)
    with pytest.raises(MetricFailed) as caught:
        _ = report.rows
    assert re.fullmatch(UNREADABLE.format(metric.name), str(caught.value))


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "printed"


@pytest.fixture
def metrics(file: Path, programs: MakePrograms) -> dict[str, Command]:
    """The metrics whose rows come while their programs print, which is what the file has."""
    path = programs(**dict.fromkeys(METRICS, f"cat {file}"))
    return {name: metric.on_host(path) for name, metric in METRICS.items()}


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_rows_of_what_programs_print_come_as_they_are_read_again(
    sample: str, metrics: dict[str, Command], file: Path
) -> None:
    file.write_bytes(SAMPLES[sample])
    for metric in metrics.values():
        hold(metric, SAMPLES[sample])


@settings(max_examples=examples(300))
@given(mutant=mutants())
def test_rows_of_anything_come_as_they_are_read_again(
    mutant: tuple[str, bytes], metrics: dict[str, Command], file: Path
) -> None:
    file.write_bytes(mutant[1])
    for name, metric in metrics.items():
        if mutant[0].startswith(name) or len(mutant[1]) % 5 == 0:
            hold(metric, mutant[1])
