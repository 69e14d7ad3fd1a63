"""Rows are made once somebody asks for them, once, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sysmon_core import Column, Command, Params, Report, Row
from sysmon_core.services.executor import Executor
from tests.conftest import MakePrograms, MakeSettings, hosting

NUMBER = 10_000
COLUMNS = [Column("depth", "how deep", "m", source="free_mem", scale=0.001)]
HEAD = "echo procs memory; echo r b swpd free buff cache"
PRINTING = f"{HEAD}; seq 0 {NUMBER - 1} | sed 's/.*/0 1 2 & 4 5 6 7 8 9 10 11 12 13 14 15 16/'"

Run = Callable[..., Report]


class Counter:
    """Makes rows, and counts the rows that it has made."""

    def __init__(self) -> None:
        self.rows = 0

    def parse(self, text: str) -> list[Row]:
        rows = [{"free_mem": int(line.split()[3])} for line in text.splitlines()[2:]]
        self.rows += len(rows)
        return rows

    def stream(self, parsed: Sequence[Row], _params: Params) -> Iterator[Row]:
        for row in parsed:
            self.rows += 1
            yield row


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture(params=["a function", "a streaming parser"])
def run(
    request: pytest.FixtureRequest,
    counter: Counter,
    programs: MakePrograms,
    make_settings: MakeSettings,
) -> Run:
    """Run a long command that prints 10,000 rows."""
    path = programs(fish=PRINTING)
    parser: dict[str, Any] = {"parser": counter.parse}
    if request.param == "a streaming parser":
        parser = {"parser": "vmstat_s", "rows": counter.stream}
    fields: dict[str, Any] = {"name": "fish", "title": "", "program": "fish", "package": ""}
    metric = Command(**fields, **parser, columns=COLUMNS, duration=lambda _params: 1)
    config = make_settings(command_path=path)
    executor = Executor(config, hosting(config, metric))
    return lambda **more: executor.run_now(metric, Params(), **more).report


def test_a_text_alone_costs_no_row(run: Run, counter: Counter) -> None:
    report = run()
    assert report.text.count("\n") == NUMBER + 2
    assert counter.rows == 0


@pytest.mark.parametrize("samples", [True, False])
def test_rows_are_made_once(samples: bool, run: Run, counter: Counter) -> None:
    report = run(samples=samples)
    for _ in range(2):
        assert len(report.samples) == len(report.rows) == NUMBER
    assert report.rows[11] == {"depth": 0.011}
    assert [one.index for one in report.samples] == list(range(NUMBER))
    assert counter.rows == NUMBER
