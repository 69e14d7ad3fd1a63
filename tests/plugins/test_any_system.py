"""Whatever the system says of disks and processes: rows are sound or refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sysmon_disk
import sysmon_processes
from sysmon_core import Metric, MetricFailed
from tests.conftest import examples
from tests.plugins.conftest import Mount, Usage, collected, sound

raw = st.text(max_size=12) | st.binary(max_size=12).map(
    lambda name: name.decode("utf-8", "surrogateescape")
)
number = st.integers() | st.sampled_from([10**400, -(10**5000), math.nan, math.inf]) | st.floats()
mounts = st.lists(st.builds(Mount, raw, raw, st.just("ext4") | raw, raw), max_size=4)
usages = st.builds(Usage, number, number, number, number)


def rows_of(metric: Metric) -> list[dict[str, Any]]:
    """The rows of a metric, sound, or none if they are refused."""
    try:
        report = collected(metric)
    except MetricFailed as error:
        if "rows that are no JSON" not in str(error):
            raise
        return []
    report.text.encode()
    for row in report.rows:
        sound(metric, row)
    return list(report.rows)


@settings(max_examples=examples(100))
@given(mounts=mounts, usage=usages)
def test_whatever_the_system_says_of_disks_the_rows_are_sound_or_refused(
    mounts: list[Mount], usage: Usage
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psutil, "disk_partitions", lambda **_: mounts)
        patch.setattr(psutil, "disk_usage", lambda _: usage)
        (metric,) = sysmon_disk.sysmon_metrics()
        rows = rows_of(metric)
        seen = {mount.mountpoint: mount.device for mount in mounts}  # the later hides the other
        assert len(rows) in {0, len(set(seen.values()))}


@settings(max_examples=examples(100))
@given(
    found=st.lists(
        st.tuples(st.integers(0, 2**31), raw | st.none(), raw, number, number), max_size=4
    )
)
def test_whatever_the_system_says_of_processes_the_rows_are_sound_or_refused(
    found: list[tuple[int, str | None, str, Any, Any]],
) -> None:
    def process(pid: int, user: str | None, name: str, size: Any, threads: Any) -> Any:
        told = {"username": user, "name": name, "status": "running", "num_threads": threads}
        told["memory_info"] = size and SimpleNamespace(rss=size)
        return SimpleNamespace(pid=pid, as_dict=lambda _: told)

    def read(_params: Any, _run: Any) -> Iterator[dict[str, Any]]:
        return sysmon_processes.rows((process(*one), one[3]) for one in found)

    columns = sysmon_processes.COLUMNS
    metric = Metric(name="fakes", title="Fakes", columns=columns, function=read)
    assert len(rows_of(metric)) in {0, len(found)}
