"""Output, cost and duration of a metric: each promise that may be broken is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sysmon_core import Column, Field, Integer, Params, Report, Run
from sysmon_core.checks import Mark
from tests.unit.checks.conftest import DEPTH, Seconds, findings, good, patient, short, space, told

CHECKS = ["declaration", "params", "refusals", "surfaces", "duration", "output", "rows"]
CHECKS += ["cancel", "deadline", "cost", "prints", "left behind"]


def yielding(params: Seconds, run: Run) -> Iterator[dict[str, Any]]:
    for number in range(params.seconds + 1):
        yield {"depth": number}
        run.sleep(1 if number < params.seconds else 0)


GOOD = {
    "a function": good(),
    "a text": good(function=lambda _params, _run: "deep", columns=[]),
    "nothing to tell": good(function=lambda _params, _run: []),
    "a program": space(),
    "a long function": good(function=patient, params=Seconds, duration=told),
    "rows as they come": good(function=yielding, params=Seconds, duration=told),
    "a long program": space(
        program="sleep",
        params=Seconds,
        duration=told,
        arguments=lambda params, _platform: [str(params.seconds)],
        parser=None,
    ),
}


@pytest.mark.parametrize("metric", GOOD.values(), ids=GOOD)
def test_what_keeps_its_promises_has_every_check_and_no_fault(metric: Any) -> None:
    found = findings(metric)
    assert [finding for finding in found if finding.mark is not Mark.GOOD] == []
    checks = [*CHECKS[:7], *(["samples"] if metric.long else []), *CHECKS[7:]]
    assert [finding.check for finding in found] == checks


@pytest.mark.parametrize("metric", [space(), good()], ids=["program", "function"])
def test_the_cost_is_told_in_milliseconds_and_megabytes(metric: Any) -> None:
    cost = next(finding.detail for finding in findings(metric) if finding.check == "cost")
    ms, cpu, megabytes = map(float, re.findall(r"([0-9.]+) M?m?[sB]", cost))
    assert 0 <= cpu < 500
    assert 0 <= ms < 1000
    assert 0 <= megabytes < 30  # far less than this process has


def raising(_params: Params, _run: Run) -> Report:
    raise ValueError("no water")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "it raises": ({"function": raising}, "ValueError: no water"),
    "no report": ({"function": lambda _params, _run: 3}, "no Report"),
    "nothing": ({"function": lambda _params, _run: " ", "columns": []}, "neither text nor rows"),
    "no JSON": ({"function": lambda _params, _run: [{"depth": {1}}]}, "no JSON"),
    "not a number": ({"function": lambda _params, _run: [{"depth": float("nan")}]}, "no JSON"),
    "undeclared": ({"columns": []}, "no columns are declared"),
    "another column": ({"function": lambda _params, _run: [{"deep": 1}]}, "has deep, .*is depth"),
    "a column less": (
        {"columns": [DEPTH, Column("fish", "how many live there", "1")]},
        "has depth, .*is depth, fish",
    ),
}


@pytest.mark.parametrize(("fields", "words"), WRONG.values(), ids=WRONG)
def test_an_output_that_cannot_be_used_is_found(fields: dict[str, Any], words: str) -> None:
    found = short(good(**fields))
    assert list(found) == ["output"]
    assert re.search(words, found["output"])


def _same(rows: list[Any], _params: Params) -> list[Any]:
    return rows


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"parser": "xml"}, "cannot be read"),
        ({"arguments": lambda _params, _platform: ["--nonsense"]}, "ended with status"),
        (
            {"columns": [Column("usd", "in use", "By")]},
            "usd is empty in every row: does the parser give no usd?",
        ),
        (
            {"columns": [Column("size", "its size", "By", source="usd")], "rows": _same},
            "size is empty in every row: does its function rows give no usd?",
        ),
    ],
)
def test_a_program_that_does_not_do_is_found(fields: dict[str, Any], words: str) -> None:
    found = short(space(**fields))
    assert words in found["output"]
    assert "raised at" not in found["output"], "no place is the author's"


def slow(_params: Params, run: Run) -> str:
    run.sleep(1.3)
    return "slow"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "a quick metric must answer within 1 s"),
        ({"duration": lambda _params: 0}, r"says 0 s and took 1\.\d s"),
        ({"duration": lambda _params: 4}, r"says 4 s and took 1\.\d s: declare less"),
    ],
    ids=["quick", "longer", "shorter"],
)
def test_a_lie_about_the_duration_is_found(fields: dict[str, Any], words: str) -> None:
    found = short(good(function=slow, columns=[], **fields))
    assert re.search(words, found["duration"])


def test_a_lie_about_the_duration_of_other_params_is_found() -> None:
    metric = good(function=lambda _params, _run: "soon", columns=[], params=Seconds, duration=told)
    assert "says 2 s and took 0.0 s" in short(metric)["duration"]


def test_a_run_of_other_params_that_fails_is_found() -> None:
    def shallow(params: Seconds, run: Run) -> str:
        run.sleep(params.seconds)
        return str(1 // (params.seconds - 2))

    metric = good(function=shallow, params=Seconds, duration=told, columns=[])
    assert "a run with seconds=2 failed" in short(metric)["duration"]


@pytest.mark.parametrize("says", [float("nan"), float("inf"), -1, "long", 1000])
def test_a_duration_that_is_none_is_found(says: Any) -> None:
    assert list(short(good(duration=lambda _params: says))) == ["output"]


def test_a_metric_that_cannot_be_run_is_told_once() -> None:
    class Required(Params):
        count: Integer = Field(ge=1, description="How many")

    found = short(good(function=patient, params=Required, duration=lambda _params: 5))
    assert list(found) == ["params", "output"]
    assert found["output"].startswith("a run with default params failed: count")
