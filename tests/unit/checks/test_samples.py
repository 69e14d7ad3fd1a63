"""The samples of a long metric: each that is out of order is found, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from sysmon_core import Column, Metric, Params, Report, Run
from sysmon_core.metrics.report import Sample
from tests.unit.checks.conftest import DEPTH, findings, good, short

FISH = Column("fish", "which one", kind="key")
ROWS = ({"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 2})

Function = Callable[[Any, Run], None]


def long(function: Any, **fields: Any) -> Metric:
    return good(function=function, duration=lambda _params: 0.1, columns=[FISH, DEPTH], **fields)


def sampling(_params: Params, run: Run) -> None:
    run.sample(ROWS)
    run.sample(ROWS)


def detail(metric: Metric) -> str | None:
    return next((one.detail for one in findings(metric) if one.check == "samples"), None)


def test_the_samples_of_a_long_metric_are_counted() -> None:
    assert detail(long(sampling)) == "samples: 2"
    assert detail(long(sampling, since_boot=True)) == "samples: 2, the first since boot"
    assert detail(long(lambda *_: [])) == "samples: 0"
    assert detail(good()) is None
    assert short(long(sampling)) == {}


def twins(_params: Params, run: Run) -> None:
    run.sample(ROWS)
    run.sample([*ROWS, ROWS[1]])


def test_a_key_that_is_twice_in_a_sample_is_found() -> None:
    assert 'two rows have "eel" as fish' in short(long(twins))["rows"]


def test_a_sample_of_several_rows_needs_a_key() -> None:
    def function(_params: Params, run: Run) -> None:
        run.sample([{"depth": 1}, {"depth": 2}])

    found = short(good(function=function, duration=lambda _params: 0.1))
    assert "no column says which row is which" in found["rows"]


@dataclass(frozen=True, kw_only=True)
class Telling(Metric):
    """A metric that tells samples by itself."""

    told: Sequence[Sample] = ()

    def collect(self, _params: Any, run: Run) -> Report:
        for sample in self.told:
            run.tell_sample(sample)
        return Report("told", told=True)


BROKEN = {
    "indexes fall": ([Sample(1, ROWS, 1), Sample(2, ROWS, 0)], "sample 0 comes after 1: co"),
    "times go back": ([Sample(3, ROWS), Sample(1.5, ROWS, 1)], "sample 1 is 1.5 s older than the"),
    "a later one since boot": (
        [Sample(1, ROWS), Sample(2, ROWS, 1, since_boot=True)],
        "sample 1 covers the time since boot, which the first alone may",
    ),
}


@pytest.mark.parametrize(("told", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_out_of_order_is_found(told: list[Sample], said: str) -> None:
    kept = {"name": "dive", "title": "Dive", "description": "How deep each dive is."}
    metric = Telling(**kept, columns=[FISH, DEPTH], duration=lambda _params: 0.1, told=told)  # type: ignore[arg-type]  # fields by name
    found = short(metric)
    assert list(found) == ["samples"]
    assert re.search(said, found["samples"])
