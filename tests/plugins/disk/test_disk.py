"""The metric disk: its parameter, its numbers, and file systems that do not answer."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from webtest import TestApp

from sysmon_core import Metric, MetricFailed, Report
from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_disk import ANSWER_SECONDS, DiskParams
from tests.conftest import MakeApp, MakeSettings, until
from tests.plugins.conftest import MakeRun, Mount
from tests.plugins.disk.conftest import (
    DATA,
    HUNG,
    NONE,
    NUMBERS,
    Host,
    Read,
    queries,
)


def test_it_is_one_quick_metric(metric: Metric) -> None:
    assert (metric.name, metric.long) == ("disk", False)


@pytest.mark.parametrize(
    ("given", "taken"), [("", ""), ("/", "/"), ("//", "/"), ("/data", "/data"), ("/nfs/", "/nfs")]
)
def test_a_mount_point_is_taken_without_its_last_slash(given: str, taken: str, host: Host) -> None:
    assert DiskParams(mount=given).mount == taken


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("home", "match pattern"),
        (".", "match pattern"),
        (" /", "match pattern"),
        ("/a\0b", "match pattern"),
        ("/home", "nothing is mounted there"),
        ("/" * 5000, "at most 4095"),
    ],
)
def test_what_can_be_no_mount_point_is_refused(mount: str, said: str, host: Host) -> None:
    with pytest.raises(ValidationError, match=said):
        DiskParams(mount=mount)


def test_the_root_of_this_host_has_the_room_that_the_kernel_says(read: Read) -> None:
    (row,) = read("/")
    room = os.statvfs("/")
    assert row["mount"] == "/"
    assert row["size"] == room.f_blocks * room.f_frsize
    assert row["free"] == pytest.approx(room.f_bavail * room.f_frsize, rel=0.1)
    assert 0 <= row["used_share"] <= 100
    assert row in [found | row for found in read() if found["mount"] == "/"]


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_a_path_where_nothing_is_mounted_is_told_and_never_touched(name: str) -> None:
    with pytest.raises(ValidationError, match="nothing is mounted there"):
        DiskParams(mount="/nothing/is/here" + name)


def test_what_is_no_longer_mounted_is_told(host: Host, metric: Metric, make_run: MakeRun) -> None:
    params = DiskParams(mount="/data")
    host.mounts.remove(DATA)
    with pytest.raises(MetricFailed, match="any more"):
        metric.collect(params, make_run())


def test_one_that_denies_access_has_no_numbers(host: Host, read: Read) -> None:
    host.mounts.append(Mount("/dev/sdd1", "/denied", "ext4", "rw"))
    assert read()[-1] == {"mount": "/denied", "device": "/dev/sdd1", "type": "ext4", **NONE}
    with pytest.raises(MetricFailed, match="cannot be asked: Permission denied"):
        read("/denied")


@pytest.mark.timeout(ANSWER_SECONDS * 5)
def test_one_that_hangs_holds_up_nobody_and_is_not_asked_twice(host: Host, read: Read) -> None:
    host.mounts.insert(0, HUNG)
    for _ in range(10):
        assert [row["size"] for row in read()] == [None, 100, 100]
        with pytest.raises(MetricFailed, match="it does not answer"):
            read("/hung")
    assert host.asked.count("/hung") == 1
    assert len(queries()) == 1
    host.go.set()
    until(lambda: not queries())
    assert read("/hung")[0]["size"] == 100


def test_a_run_that_is_to_end_does_not_wait_for_it(
    host: Host, read: Read, metric: Metric, make_run: MakeRun
) -> None:
    host.mounts.insert(0, HUNG)
    for mount in ("", "/hung"):
        with pytest.raises(MetricTimeout):
            read(mount, seconds=0.1)
    run = make_run()
    run.stop.set("enough")
    begin = time.monotonic()
    with pytest.raises(RunStopped, match="enough"):
        metric.collect(DiskParams(), run)
    assert time.monotonic() - begin < ANSWER_SECONDS / 2


def test_bytes_that_are_no_text_do_not_spoil_the_report(host: Host, read: Read) -> None:
    host.mounts.append(Mount("/dev/sdd1", os.fsdecode(b"/\xff"), "ext4", "rw"))
    mount = read()[-1]["mount"]
    assert mount == "/?"
    assert json.dumps(mount, ensure_ascii=False).encode()


def test_it_is_asked_over_http(make_settings: MakeSettings, make_testapp: MakeApp) -> None:
    app: TestApp = make_testapp(make_settings())
    answer = app.get("/v1/disk/", {"mount": "/"}).json["disk"]
    assert answer.startswith("mount  device")
    assert len(answer.splitlines()) == 2
    assert app.get("/v2/disk/?mount=").json["disk"].startswith("mount  ")
    wrong: Any = app.get("/v1/disk/?mount=here", status=400).json["errors"]
    assert [error["name"] for error in wrong] == ["mount"]
    missing = app.get("/v1/disk/?mount=/nothing/is/here", status=400).json
    assert "nothing is mounted there" in missing["detail"]


def test_its_report_is_a_table(metric: Metric, host: Host, make_run: MakeRun) -> None:
    report: Report = metric.collect(DiskParams(), make_run())
    assert [line.split() for line in report.text.splitlines()] == [
        ["mount", "device", "type", *NUMBERS],
        ["/", "overlay", "overlay", "100", "40", "50", "44.40"],
        ["/data", "/dev/sdb1", "ext4", "100", "40", "50", "44.40"],
    ]
