"""The samples of iostat and vmstat: one for each report, while the program prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import sysmon_iostat
import sysmon_vmstat
from sysmon_core import Command, IntervalParams
from sysmon_core.metrics.report import Sample
from sysmon_core.metrics.samples import SampleList
from tests.conftest import MakePrograms
from tests.plugins.conftest import MakeRun
from tests.plugins.test_iostat import MACOS
from tests.plugins.test_iostat import SAMPLE as IOSTAT
from tests.plugins.test_vmstat import SAMPLE as VMSTAT

Samples = Callable[[Command, str], list[Sample]]

(IOSTAT_METRIC,) = sysmon_iostat.sysmon_metrics()
(VMSTAT_METRIC,) = sysmon_vmstat.sysmon_metrics()


@pytest.fixture
def samples(folder: Path, programs: MakePrograms, make_run: MakeRun) -> Samples:
    """Give the samples that were told while a program printed a text."""

    def collect(metric: Command, text: str) -> list[Sample]:
        (folder / "printed").write_text(text)
        found = SampleList()
        run = replace(make_run(), sample_listener=found)
        path = programs(**{metric.program: f"cat {folder}/printed"})
        assert metric.on_host(path).collect(metric.params(), run).told
        return found.samples

    return collect


def test_each_report_of_iostat_is_a_sample_of_all_disks(samples: Samples) -> None:
    first, second = samples(IOSTAT_METRIC, IOSTAT)
    assert [row["device"] for row in first.rows] == ["sda", "nvme0n1"]
    assert [row["device"] for row in second.rows] == ["sda", "nvme0n1"]
    assert [one.since_boot for one in (first, second)] == [True, False]
    assert first.rows[0]["read_rate"] == 760289.28  # 742.47 kB/s, without noise
    assert second.rows[0]["written"] == 8192


def test_each_row_of_vmstat_is_a_sample_whatever_heading_comes_again(samples: Samples) -> None:
    found = samples(VMSTAT_METRIC, VMSTAT)
    assert [[row["idle"] for row in one.rows] for one in found] == [[56], [82], [83]]
    assert [one.since_boot for one in found] == [True, False, False]


@pytest.mark.parametrize("text", [MACOS, "", "\n\n", "Linux 6.1 (host)\n\n"])
def test_what_has_no_rows_of_disks_has_no_samples(text: str, samples: Samples) -> None:
    assert samples(IOSTAT_METRIC, text) == []


@pytest.mark.parametrize("metric", [IOSTAT_METRIC, VMSTAT_METRIC], ids=lambda one: one.name)
def test_the_program_of_this_host_gives_a_sample_for_each_report(
    metric: Command, make_run: MakeRun
) -> None:
    found, params = SampleList(), metric.params.model_validate({"count": 3})
    assert isinstance(params, IntervalParams)
    before = time.time()
    run = replace(make_run(), sample_listener=found)
    report = metric.on_host("/usr/bin:/bin").collect(params, run)
    if not report.rows:
        pytest.skip("this host has no disks")
    times = [one.at for one in found.samples]
    assert len(times) == 3
    assert before <= times[0] < before + 0.9, "the first comes at once"
    assert times[2] - times[0] > 1.5, "they came as they were printed"
