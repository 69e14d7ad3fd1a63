"""What a plugin that reports again and again takes from the facade."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Field, Integer, IntervalParams, interval_duration
from sysmon_core.errors import InvalidInput
from sysmon_core.services.params import parse

SINGLE = "a single report has nothing to wait for: leave it out, or ask for more"


class EchoParams(IntervalParams):
    depth: Integer = Field(7, ge=1, description="How deep the sea is")


def test_there_is_one_report_unless_asked_for_more() -> None:
    assert parse(IntervalParams, []) == IntervalParams(count=1, wait=1)


@pytest.mark.parametrize("pairs", [[("wait", "2")], [("count", "1"), ("wait", "2")]])
def test_a_wait_beside_a_single_report_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(IntervalParams, pairs)
    assert [(fault.name, fault.detail) for fault in caught.value.faults] == [("wait", SINGLE)]


def test_a_wait_of_one_second_may_be_given_beside_a_single_report() -> None:
    assert parse(IntervalParams, [("wait", "1")]).wait == 1


def test_a_plugin_may_add_parameters() -> None:
    params = parse(EchoParams, [("count", "3"), ("wait", "2"), ("depth", "9")])
    assert (params.count, params.wait, params.depth) == (3, 2, 9)
    assert list(EchoParams.model_fields) == ["count", "wait", "depth"]


@given(count=st.integers(2, 10**12), wait=st.integers(1, 10**12))
def test_it_takes_a_wait_between_each_two_reports(count: int, wait: int) -> None:
    assert interval_duration(IntervalParams(count=count, wait=wait)) == wait * (count - 1)
    assert interval_duration(IntervalParams()) == 0
