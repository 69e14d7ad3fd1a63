from __future__ import annotations

import os
import select
import threading
import time

import pytest

from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.running.context import Stop
from sysmon_core.running.run import Run


def readable(stop: Stop) -> bool:
    return bool(select.select([stop], [], [], 0)[0])


def test_a_stop_can_be_waited_for_and_has_its_reason() -> None:
    with Stop() as stop:
        assert not readable(stop)
        assert stop.reason is None
        stop.set("enough")
        assert readable(stop)
        assert stop.reason == "enough"


def test_a_stop_wakes_a_thread_that_is_blocked_on_it() -> None:
    with Stop() as stop:
        thread = threading.Thread(target=select.select, args=([stop], [], []))
        thread.start()
        stop.set("enough")
        thread.join(20)
        assert not thread.is_alive()


def test_the_first_reason_stays_and_setting_again_never_blocks() -> None:
    with Stop() as stop:
        for number in range(100_000):  # more than a pipe holds
            stop.set(f"reason {number}")
        assert stop.reason == "reason 0"


def test_a_stop_that_is_set_after_its_end_writes_to_no_descriptor() -> None:
    with Stop() as stop:
        pass
    read, write = os.pipe()  # they get the numbers of the closed ones
    stop.set("enough")
    assert not select.select([read], [], [], 0)[0]
    os.close(read)
    os.close(write)
    assert stop.reason is None


@pytest.mark.parametrize("used", [True, False])
def test_a_stop_leaves_no_descriptor_open(used: bool) -> None:
    before = set(os.listdir("/dev/fd"))  # noqa: PTH208 - names are all that is wanted
    with Stop() as stop:
        if used:
            stop.set("enough")
    assert set(os.listdir("/dev/fd")) <= before  # noqa: PTH208


def test_the_seconds_left_end_at_zero() -> None:
    with Stop() as stop:
        assert 59 < Run(time.monotonic() + 60, 1, stop).seconds_left() <= 60
        assert Run(time.monotonic() - 60, 1, stop).seconds_left() == 0


def test_a_run_is_to_end_when_it_is_stopped_or_its_time_is_over() -> None:
    with Stop() as stop:
        run = Run(time.monotonic() + 60, 1, stop)
        run.check()
        with pytest.raises(MetricTimeout):
            Run(time.monotonic() - 1, 1, stop).check()
        stop.set("enough")
        with pytest.raises(RunStopped, match="enough"):
            run.check()


def test_a_run_sleeps_until_it_is_to_end() -> None:
    with Stop() as stop:
        Run(time.monotonic() + 60, 1, stop).sleep(0.01)
        with pytest.raises(MetricTimeout):
            Run(time.monotonic() + 0.01, 1, stop).sleep(1000)
        stop.set("enough")
        with pytest.raises(RunStopped, match="enough"):
            Run(time.monotonic() + 2000, 1, stop).sleep(1000)
