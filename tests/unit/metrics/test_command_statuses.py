"""The exit statuses with which a program of a Command succeeds."""

from __future__ import annotations

from typing import Any

import pytest

from sysmon_core import Command, MetricFailed, Params
from sysmon_core.errors import ConfigurationError
from tests.conftest import MakePrograms
from tests.unit.conftest import MakeRun


def make(**more: Any) -> Command:
    return Command(name="fish", title="Fish", program="fish", package="fish-utils", **more)


@pytest.mark.parametrize("statuses", [(0, 3), [3], frozenset({3}), range(256)])
def test_a_program_succeeds_with_the_statuses_that_are_named(
    statuses: Any, programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make(statuses=statuses).on_host(programs(fish="echo some; exit 3"))
    assert metric.collect(Params(), make_run()).text == "some\n"


@pytest.mark.parametrize(("statuses", "status"), [((0, 3), 4), ((3,), 0), ((0,), 3)])
def test_it_fails_with_any_other(
    statuses: Any, status: int, programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make(statuses=statuses).on_host(programs(fish=f"echo why >&2; exit {status}"))
    with pytest.raises(MetricFailed, match=f"^fish ended with status {status}: why$"):
        metric.collect(Params(), make_run())


@pytest.mark.parametrize("statuses", [3, "03", (0, "3"), (True,), None])
def test_what_is_no_list_of_statuses_stops_the_start(statuses: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"The metric fish declares the statuses .*: give"):
        make(statuses=statuses)
