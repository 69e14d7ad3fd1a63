"""What the workers' hosts lack decides whether a task is taken, not what this host lacks."""

from __future__ import annotations

import pytest

from sysmon_core import Metric
from sysmon_core.errors import MetricUnavailable, PluginFault, TasksUnavailable
from sysmon_core.services.availability import REPORTS_SECONDS, Availability

DIVE = Metric(name="dive", title="", function=lambda *_: "7 m")
LACKS, HAS = {"dive": "install it there"}, {"swim": "install that"}


def lacks(_metric: Metric) -> None:
    raise MetricUnavailable("install it here")


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
        with pytest.raises(MetricUnavailable, match="there"):
            availability.require(DIVE)
    else:
        availability.require(DIVE)


def test_this_host_answers_while_no_worker_reports() -> None:
    Availability(list, has).require(DIVE)
    with pytest.raises(MetricUnavailable, match="here"):
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


def test_whoever_lists_metrics_is_told_why_one_cannot_be_had() -> None:
    assert Availability(lambda: [LACKS], has).unavailable(DIVE) == "install it there"
    assert Availability(lambda: [LACKS, HAS], has).unavailable(DIVE) is None
    assert Availability(list, lacks).unavailable(DIVE) == "install it here"

    def fails(_metric: Metric) -> None:
        raise PluginFault("it did not say")

    assert Availability(list, fails).unavailable(DIVE) is None


def test_reports_that_cannot_be_read_are_asked_for_once_for_all_who_list_metrics() -> None:
    now, read = [1000.0], []

    def away() -> list[dict[str, str]]:
        read.append(now[0])
        raise TasksUnavailable("Redis is away")

    availability = Availability(away, lacks, clock=lambda: now[0])
    for seconds in (0, REPORTS_SECONDS - 0.5, REPORTS_SECONDS):
        now[0] = 1000.0 + seconds
        assert availability.unavailable(DIVE) is None
    assert read == [1000.0, 1000.0 + REPORTS_SECONDS]
