"""Whatever programs print: the text is shown, and rows are sound or refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from webtest import TestApp

import sysmon_iostat
import sysmon_uptime
import sysmon_vmstat
from sysmon_core import Metric, MetricFailed, Report
from tests.conftest import MakeApp, MakePrograms, MakeSettings, examples
from tests.plugins.conftest import ROOM, collected, sound
from tests.plugins.mutated_samples import SAMPLES, mutants

MODULES = {"uptime": sysmon_uptime, "iostat": sysmon_iostat, "vmstat": sysmon_vmstat}
RIGHT = re.compile(
    "iostat-sysstat-1[12](.6)?.txt|vmstat-procps-[34].*[0-9e].txt|uptime-(procps|mac)(?!.*pretty).*"
)


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
