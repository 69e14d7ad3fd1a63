"""What the workers' hosts lack decides whether a task is taken, not what this host lacks."""

from __future__ import annotations

import pytest

from sysmon_core import Metric
from sysmon_core.errors import ProgramMissing, TasksUnavailable
from sysmon_core.services.availability import REPORTS_SECONDS, Availability

DIVE = Metric(name="dive", title="", function=lambda *_: "7 m")
LACKS, HAS = {"dive": "install it there"}, {"swim": "install that"}


def lacks(_metric: Metric) -> None:
    raise ProgramMissing("install it here")


def has(_metric: Metric) -> None:
    """This host has everything."""


@pytest.mark.parametrize("here", [has, lacks])
@pytest.mark.parametrize(
    ("reports", "refused"),
    [([LACKS], True), ([LACKS, LACKS], True), ([LACKS, HAS], False), ([{}], False)],
)
def test_a_task_is_refused_if_every_worker_lacks_what_it_needs(
    reports: list[dict[str, str]], refused: bool, here: object
) -> None:
    availability = Availability(lambda: reports, here)  # type: ignore[arg-type]  # one of the two
    if refused:
        with pytest.raises(ProgramMissing, match="there"):
            availability.require(DIVE)
    else:
        availability.require(DIVE)


def test_this_host_answers_while_no_worker_reports() -> None:
    Availability(list, has).require(DIVE)
    with pytest.raises(ProgramMissing, match="here"):
        Availability(list, lacks).require(DIVE)


def test_reports_are_read_once_in_a_few_seconds() -> None:
    now, read = [1000.0], []

    def reports() -> list[dict[str, str]]:
        read.append(now[0])
        return [HAS]

    availability = Availability(reports, has, clock=lambda: now[0])
    for seconds in (0, REPORTS_SECONDS - 0.5, REPORTS_SECONDS, REPORTS_SECONDS + 1):
        now[0] = 1000.0 + seconds
        availability.require(DIVE)
    assert read == [1000.0, 1000.0 + REPORTS_SECONDS]


def test_without_reports_nothing_is_taken() -> None:
    def away() -> list[dict[str, str]]:
        raise TasksUnavailable("Redis is away")

    with pytest.raises(TasksUnavailable):
        Availability(away, has).require(DIVE)
