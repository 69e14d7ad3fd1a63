"""A metric that this host cannot have falls short of nothing: its declaration alone is checked."""

from __future__ import annotations

from typing import Any

import pytest

from sysmon_core.checks import Finding, Mark
from tests.unit.checks.conftest import findings, good, short, space

DECLARATION = ["declaration", "params", "refusals"]
UNAVAILABLE = {
    "no program": (space(program="no-such-program"), "install the package coreutils"),
    "no water": (good(available=lambda host: f"no water on {host.platform}"), "no water on "),
}


@pytest.mark.parametrize(("metric", "words"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_cannot_be_had_here_is_passed_over(metric: Any, words: str) -> None:
    found = findings(metric)
    assert [finding.check for finding in found] == [*DECLARATION, "surfaces", "behaviour"]
    assert {finding.mark for finding in found[:-1]} == {Mark.GOOD}
    assert found[-1].mark is Mark.PASSED_OVER
    assert found[-1].detail.startswith("passed over: ")
    assert words in found[-1].detail


def test_its_declaration_may_still_fall_short() -> None:
    assert set(short(good(title="", available=lambda _host: "no water"))) == {"declaration"}


def test_what_can_be_had_here_is_not_passed_over() -> None:
    found = findings(good(available=lambda _host: None))
    assert Finding("prints", Mark.GOOD, "nothing on standard output") in found


@pytest.mark.parametrize(
    ("available", "words"),
    [
        (lambda _host: 1 // 0, "failed to look for what it needs (ZeroDivisionError"),
        (lambda _host: True, "neither None nor a sentence"),
    ],
)
def test_a_fault_of_the_question_falls_short(available: Any, words: str) -> None:
    assert words in short(good(available=available))["output"]


def test_what_the_question_prints_is_found() -> None:
    def loud(_host: object) -> None:
        print("is there water?")  # noqa: T201 - that is the point

    assert "is there water?" in short(good(available=loud))["prints"]


def test_the_fixture_passes_over_likewise(check_metric: Any) -> None:
    for metric, _words in UNAVAILABLE.values():
        check_metric(metric)
