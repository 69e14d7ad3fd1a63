from __future__ import annotations

import re
from pathlib import Path

import pytest

from sysmon_core import Command, Metric, Params
from sysmon_core.services.executor import Executor
from sysmon_uptime import uptime
from tests.conftest import MakePrograms, MakeSettings, hosting
from tests.plugins.conftest import Collect

DAY = 86400

SAMPLES = [
    (
        "20:16:57 up 14 days,  7:33, 25 users,  load average: 0.58, 0.25, 0.14",
        (14 * DAY + 7 * 3600 + 33 * 60, 25, 0.58, 0.25, 0.14),
    ),
    ("03:43:32 up 38 min,  0 user,  load average: 0.39, 0.20, 0.11", (2280, 0, 0.39, 0.20, 0.11)),
    ("03:43:32 up 2:05,  1 user,  load average: 12.00, 0.20, 0.11", (7500, 1, 12.0, 0.2, 0.11)),
    (
        "03:43:32 up 1 day, 2 min,  2 users,  load average: 0.00, 0.00, 0.00",
        (DAY + 120, 2, 0.0, 0.0, 0.0),
    ),
    ("10:00  up 3 days, 2:10, 4 users, load averages: 1.20 1.30 1.40", (267000, 4, 1.2, 1.3, 1.4)),
    ("03:43:32 up 23:59,  2 users,  load average: 0.00, 0.00, 0.00", (86340, 2, 0.0, 0.0, 0.0)),
    # BSD and macOS, at a full hour, within the first minute and at a full day.
    (
        "10:00  up 11 days, 16 hrs, 4 users, load averages: 1.20 1.30 1.40",
        (11 * DAY + 16 * 3600, 4, 1.2, 1.3, 1.4),
    ),
    ("10:00  up 1 hr, 1 user, load averages: 1.20 1.30 1.40", (3600, 1, 1.2, 1.3, 1.4)),
    ("4:12PM  up 31 secs, 1 user, load averages: 0.52, 0.13, 0.05", (0, 1, 0.52, 0.13, 0.05)),
    (
        "4:12PM  up 3 days, 31 secs, 1 user, load averages: 0.52, 0.13, 0.05",
        (3 * DAY, 1, 0.52, 0.13, 0.05),
    ),
    ("10:00  up 3 days, 0 users, load averages: 1.20 1.30 1.40", (3 * DAY, 0, 1.2, 1.3, 1.4)),
    # Without users, as busybox prints it and procps in some containers.
    ("10:28:21 up 5 min,  load average: 0.20, 0.32, 0.34", (300, None, 0.2, 0.32, 0.34)),
    ("10:28:21 up 14 days,  load average: 0.20, 0.32, 0.34", (14 * DAY, None, 0.2, 0.32, 0.34)),
    # GNU coreutils.
    (
        "16:46:01  up 400 days  2:10,  2 users,  load average: 0.38, 0.31, 0.30",
        (400 * DAY + 7800, 2, 0.38, 0.31, 0.3),
    ),
    # A program that sets another locale than the one it is given.
    (
        "20:16:57 up 2 min,  2 users,  load average: 0,58, 10,25, 0,14",
        (120, 2, 0.58, 10.25, 0.14),
    ),
    ("10:00  up 1 hr, 1 user, load averages: 1,20 1,30 1,40", (3600, 1, 1.2, 1.3, 1.4)),
]


def test_it_is_one_quick_metric_without_params(metric: Metric) -> None:
    assert (metric.name, metric.long) == ("uptime", False)
    assert metric.params.model_fields == {}


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_program_gets_no_arguments(platform: str, metric: Command) -> None:
    assert list(metric.arguments(Params(), platform)) == []


def test_the_text_is_what_the_program_prints_without_the_white_space_around_it(
    metric: Metric, programs: MakePrograms, make_settings: MakeSettings
) -> None:
    line = SAMPLES[0][0]
    config = make_settings(command_path=programs(uptime=f"echo ' {line}'"))
    executor = Executor(config, hosting(config, metric))
    assert executor.run_now(metric, Params()).report.text == line


def test_the_program_of_this_host_says_how_long_it_is_up(
    metric: Metric, make_settings: MakeSettings
) -> None:
    config = make_settings(command_path="/usr/bin:/bin")
    text = Executor(config, hosting(config, metric)).run_now(metric, Params()).report.text
    assert re.fullmatch(r"[0-9:]+ +up .*load averages?: [0-9. ,]+", text)


@pytest.mark.parametrize(("line", "expected"), SAMPLES)
def test_the_row_has_seconds_users_and_loads(
    line: str,
    expected: tuple[float | None, ...],
    folder: Path,
    programs: MakePrograms,
    collect: Collect,
) -> None:
    metric = uptime(clock=folder / "no clock")
    report = collect(metric.on_host(programs(uptime=f"echo ' {line}'")))
    assert report.text == line
    (row,) = report.rows
    names = ("uptime", "users", "load_1m", "load_5m", "load_15m")
    assert row == dict(zip(names, expected, strict=True))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("2280.00 9.9", 2280.0),
        ("2311.57 9.9", 2311.57),
        ("2342.00 9.9", 2342.0),  # the program looked in the minute before
        ("2346.00 9.9", 2280),  # another boot's, or another host's text
        ("2279.00 9.9", 2280),
        ("", 2280),
        ("soon", 2280),
    ],
)
def test_the_kernel_s_seconds_are_preferred_where_they_agree(
    clock: str, expected: float, folder: Path, programs: MakePrograms, collect: Collect
) -> None:
    (folder / "clock").write_text(clock)
    path = programs(uptime="echo '03:43:32 up 38 min,  0 user,  load average: 0.4, 0.2, 0.1'")
    (row,) = collect(uptime(folder / "clock").on_host(path)).rows
    assert row["uptime"] == expected
