"""The values of rows: each that is not of its column's kind is found, and nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from sysmon_core import Column, Row
from sysmon_core.checks.declaration import declaration
from tests.unit.checks.conftest import findings, good, short, space

NAME = Column("name", "which fish it is", kind="key")
SHARE = Column("share", "its part of all", "%")
LOAD = Column("load", "its part of one", "%", maximum=math.inf)
EATEN = Column("eaten", "what it has eaten", "g", kind="counter")
CAUGHT = Column("caught", "fish since the last report", "1", kind="delta")
DEEP = Column("deep", "whether it is deep")
PLACE = Column("place", "where it is")

Function = Callable[[Any, Any], Sequence[Row]]


def always(*rows: Row) -> Function:
    return lambda _params, _run: rows


def growing(step: int = 1, column: str = "eaten") -> Function:
    numbers = count(100, step)
    return lambda _params, _run: [{column: next(numbers)}]


KEPT: dict[str, tuple[list[Column], Function]] = {
    "rows by their key": ([NAME, SHARE], always({"name": "a", "share": 0}, {"name": "b"})),
    "a number is a key": ([NAME], always({"name": 1}, {"name": 5}, {"name": 15})),
    "two keys": (
        [NAME, Column("place", "where", kind="key")],
        always({"name": 1, "place": "a"}, {"name": 1, "place": "b"}, {"name": None, "place": "a"}),
    ),
    "one row without a key": ([SHARE], always({"share": 100})),
    "more than all": ([LOAD], always({"load": 250.5})),
    "what grows": ([EATEN], growing()),
    "what stands": ([EATEN], growing(0)),
    "what falls and may": ([CAUGHT], growing(-1, "caught")),
    "a truth": ([DEEP, PLACE], always({"deep": True, "place": None})),
    "nothing known": ([SHARE, EATEN], always({"share": None, "eaten": None})),
    "no rows": ([NAME, EATEN], always()),
}


@pytest.mark.parametrize(("columns", "function"), KEPT.values(), ids=KEPT)
def test_values_of_their_kinds_have_no_fault(columns: list[Column], function: Function) -> None:
    def whole(params: Any, run: Any) -> list[Row]:
        names = [column.name for column in columns]
        return [dict.fromkeys(names) | row for row in function(params, run)]

    assert short(good(columns=columns, function=whole)) == {}


BROKEN: dict[str, tuple[list[Column], Function, str]] = {
    "fractions": ([PLACE], always({"place": 1.5}), "place is a text and has 1.5.*a unit, or kind"),
    "a number": ([PLACE], always({"place": 7}), "place is a text and has 7, which is no text"),
    "a list": ([PLACE], always({"place": ["a"]}), r'place is a text and has \["a"\]'),
    "a word": ([SHARE], always({"share": "all"}), 'is a gauge and has "all", which is no number'),
    "a truth": ([SHARE], always({"share": True}), "is a gauge and has true, which is no number"),
    "a word that counts": ([EATEN], always({"eaten": "1"}), "is a counter and has"),
    "no key": ([SHARE], always({"share": 1}, {"share": 2}), "no column says which row is which"),
    "a key twice": ([NAME], always({"name": "a"}, {"name": "a"}), 'two rows have "a" as name'),
    "too much": ([SHARE], always({"share": 100.1}), "100.1, and its maximum is 100: "),
    "more than there is": (
        [Column("depth", "how deep", "m", maximum=11)],
        always({"depth": 12}),
        "12, and its maximum is 11: ",
    ),
    "a share below zero": ([LOAD], always({"load": -1}), "a share and has -1, which is below zero"),
    "a count below zero": ([EATEN], always({"eaten": -1}), "a counter and has -1, which is below"),
    "a counter that falls": ([EATEN], growing(-1), "a counter and fell from 100 to 99"),
}


@pytest.mark.parametrize(("columns", "function", "words"), BROKEN.values(), ids=BROKEN)
def test_a_value_that_is_not_of_its_kind_is_found(
    columns: list[Column], function: Function, words: str
) -> None:
    found = short(good(columns=columns, function=function))
    assert list(found) == ["rows"]
    assert re.search(words, found["rows"])


def test_rows_of_several_moments_need_no_key() -> None:
    rows = always({"caught": 2}, {"caught": 1})
    metric = good(columns=[CAUGHT], function=rows, duration=lambda _params: 0.1)
    assert short(metric) == {}


def test_a_counter_that_falls_within_a_report_is_found() -> None:
    rows = always({"name": "a", "eaten": 2}, {"name": "b", "eaten": 1}, {"name": "a", "eaten": 1})
    metric = good(columns=[NAME, EATEN], function=rows, duration=lambda _params: 0.1)
    assert "fell from 2 to 1" in short(metric)["rows"]


def test_a_run_that_fails_is_told_once() -> None:
    def fail(_params: Any, _run: Any) -> list[Row]:
        raise ValueError("no water")

    assert list(short(good(function=fail))) == ["output"]


def test_the_kinds_are_counted() -> None:
    rows = always({"name": "a", "share": 1, "eaten": 1})
    found = findings(good(columns=[NAME, SHARE, EATEN], function=rows))
    (detail,) = [finding.detail for finding in found if finding.check == "rows"]
    assert detail == "key: 1, gauge: 1, counter: 1"


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("kBy", "is in kBy: use By and scale=1024$"),
        ("ms", "is in ms: use s and scale=0.001$"),
        ("kBy/s", "use By/s and scale=1024$"),
        ("1/min", "use 1/s and scale=0.016666666666666666$"),
        ("bytes", "is in bytes: use By$"),
        ("fathom", "the unit fathom, which is none that is known here"),
    ],
)
def test_a_unit_that_is_no_base_unit_is_found(unit: str, said: str) -> None:
    column = Column("depth", "how deep the water is", unit)
    (fault,) = declaration(space(columns=[column])).faults
    assert re.search(said, fault)


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("kBy", "is in kBy: use By, and give 1024 times the number$"),
        ("bytes", "is in bytes: use By$"),
    ],
)
def test_a_function_is_told_to_give_the_base_unit(unit: str, said: str) -> None:
    """It has no parser whose numbers a scale could multiply."""
    (fault,) = declaration(good(columns=[Column("depth", "how deep it is", unit)])).faults
    assert re.search(said, fault)


@pytest.mark.parametrize("unit", ["By", "By/s", "1", "%", "{packet}/s", "Cel", "bit/s", "m2"])
def test_a_base_unit_is_none(unit: str) -> None:
    column = Column("depth", "how deep the water is", unit)
    assert list(declaration(good(columns=[column])).faults) == []


def test_a_key_may_be_in_any_unit_that_is_known() -> None:
    keys = [Column(unit, "how far it reaches", unit, kind="key") for unit in ("min", "fathom")]
    (fault,) = declaration(good(columns=keys)).faults
    assert "fathom" in fault


def test_a_measure_without_a_unit_is_found() -> None:
    (fault,) = declaration(good(columns=[Column("fish", "how many", kind="counter")])).faults
    assert "fish is a counter and has no unit: 1 is that of counts" in fault
