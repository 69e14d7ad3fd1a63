from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sysmon_core import Command, Metric, Report, interval_duration
from sysmon_vmstat import VmstatParams, arguments
from tests.conftest import MakePrograms
from tests.plugins.conftest import Collect, MakeRun

# Three reports of a host with much memory, as procps-ng 4 prints them; those of version 3 lack
# the last column. The heading comes again after a while.
HEAD = """\
--procs-- -----------------------memory---------------------- ---swap-- -----io---- -system-- \
----------cpu----------
   r    b         swpd         free         buff        cache   si   so    bi    bo   in   cs  \
us  sy  id  wa  st  gu
"""
SAMPLE = f"""\
{HEAD}\
   2    1      1048576   2147483648        35756      2275148    1    2   302   354  364  938  \
32  10  56   1   1   0
   0    0            0     21247760        35756      2275148    0    0    20     0  550 1031  \
11   7  82   0   0   0
{HEAD}\
   0    0            0     21247759        35756      2275148    0    0     0     0  551 1032  \
10   7  83   0   0   0
"""
FIRST = {
    "runnable": 2,
    "blocked": 1,
    "swap_used": 1 << 30,
    "free": 2 << 40,
    "buffers": 35756 << 10,
    "cache": 2275148 << 10,
    "swap_in_rate": 1024,
    "swap_out_rate": 2048,
    "read_rate": 302 << 10,
    "write_rate": 354 << 10,
    "interrupts": 364,
    "context_switches": 938,
    "user": 32,
    "system": 10,
    "idle": 56,
    "io_wait": 1,
    "stolen": 1,
}


@pytest.mark.parametrize(
    ("given", "words"), [({}, "-w 1 1"), ({"count": "4", "wait": "2"}, "-w 2 4")]
)
def test_the_wait_comes_before_the_count(given: Mapping[str, str], words: str) -> None:
    assert arguments(VmstatParams.model_validate(given), "linux") == words.split()


@given(st.integers(2, 10**18 - 1), st.integers(1, 10**18 - 1))
def test_arguments_are_plain_numbers_however_large(count: int, wait: int) -> None:
    first, *numbers = arguments(VmstatParams(count=count, wait=wait), "linux")
    assert (first, numbers) == ("-w", [str(wait), str(count)])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"count": "0"}, ["count"]),
        ({"count": "1.5"}, ["count"]),
        ({"wait": "2"}, ["wait"]),
        ({"wait": "2", "count": "1"}, ["wait"]),
        ({"wait": "0", "count": "2"}, ["wait"]),
        ({"wait": "x", "count": "x"}, ["count", "wait"]),
        ({"delay": "1"}, ["delay"]),
    ],
)
def test_params_that_make_no_sense_are_refused_by_name(
    given: Mapping[str, str], names: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        VmstatParams.model_validate(given)
    assert sorted(str(error["loc"][0]) for error in caught.value.errors()) == names


@pytest.mark.parametrize(("count", "wait", "seconds"), [(1, 1, 0), (2, 1, 1), (4, 2, 6)])
def test_a_run_takes_a_wait_between_each_two_reports(count: int, wait: int, seconds: int) -> None:
    assert interval_duration(VmstatParams(count=count, wait=wait)) == seconds


def test_it_is_one_long_metric_that_needs_procps(metric: Command) -> None:
    assert (metric.name, metric.long, metric.package) == ("vmstat", True, "procps")


@pytest.fixture
def report(metric: Metric, folder: Path, programs: MakePrograms, collect: Collect) -> Report:
    (folder / "sample").write_text(SAMPLE)
    return collect(metric.on_host(programs(vmstat=f"cat {folder}/sample")))


def test_the_text_is_unchanged_and_its_rows_are_all_reports_in_base_units(report: Report) -> None:
    assert report.text == SAMPLE
    assert report.rows[0] == FIRST
    assert [row["idle"] for row in report.rows] == [56, 82, 83]


def test_the_program_of_this_host_counts_memory_as_its_kernel_does(
    metric: Metric, make_run: MakeRun
) -> None:
    params = VmstatParams(count=2)
    report = metric.on_host("/usr/bin:/bin").collect(params, make_run())
    assert len(report.rows) == 2
    for row in report.rows:
        assert row["free"] == pytest.approx(psutil.virtual_memory().free, rel=0.5)
        shares = [row[name] for name in ("user", "system", "idle", "io_wait", "stolen")]
        assert sum(shares) == pytest.approx(100, abs=3)  # each is rounded
