"""The end of a run: one that does not end in time, or leaves processes, is found."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sysmon_core import Metric, Params, Run
from sysmon_core.checks import Mark, examine
from sysmon_core.checks.trial import ENDING_SECONDS, OVERRUN_SECONDS
from sysmon_core.metrics.registry import Source
from tests.conftest import MakePrograms
from tests.support.plugins import HEAD, Site
from tests.unit.checks.conftest import CONFIG, Seconds, good, short, space, told
from tests.unit.conftest import alive, pid_in


def test_nobody_waits_for_days() -> None:
    metric = good(
        function=lambda params, run: run.sleep(86400 * params.seconds) or "",
        params=Seconds,
        duration=lambda params: 86400 * params.seconds,
    )
    assert short(metric) == {}


def deaf(params: Seconds, _run: Run) -> str:
    time.sleep(params.seconds)
    return "slept"


def test_a_run_that_does_not_hear_of_its_end_is_found() -> None:
    found = short(good(function=deaf, params=Seconds, duration=told, columns=[]))
    assert set(found) == {"cancel", "deadline"}
    assert all("it still ran 3 s after" in words for words in found.values())


def obliging(params: Seconds, run: Run) -> str:
    end = min(run.deadline, time.monotonic() + params.seconds)
    while run.stop.reason is None and time.monotonic() < end:
        time.sleep(0.01)
    return "slept"


def test_a_run_that_ends_as_if_nothing_had_been_is_found() -> None:
    found = short(good(function=obliging, params=Seconds, duration=told, columns=[]))
    assert set(found) == {"cancel", "deadline"}
    assert all("gave a report" in words for words in found.values())


def test_a_function_that_hangs_is_given_up() -> None:
    begin = time.monotonic()
    over = threading.Event()
    found = short(good(function=lambda _params, _run: str(over.wait())))
    over.set()
    assert set(found) == {"duration", "output"}
    assert time.monotonic() - begin < 2 * (OVERRUN_SECONDS + ENDING_SECONDS)


def of_a_plugin(site: Site, body: str) -> tuple[Metric, Source]:
    """A metric of a plugin, whose function has this body and says that it takes two seconds."""
    site.add(
        f"import time\n{HEAD}\ndef run_long(params, run):\n    {body}\n    return 'slept'\n\n"
        "@hookimpl\ndef sysmon_metrics():\n    return [Metric(name='fish', title='fish', "
        "function=run_long, description='Fish.', duration=lambda params: 2)]\n"
    )
    metrics = site.load()
    metric = metrics.get("fish")
    assert metric
    return metric, metrics.sources["fish"]


def test_a_long_function_of_a_plugin_runs_in_a_process_as_in_production(site: Site) -> None:
    found = short(*of_a_plugin(site, "time.sleep(1000)"))
    assert set(found) == {"duration", "output"}  # its process was ended: that was obeyed
    assert "took longer" in found["output"]


def test_a_long_function_of_a_plugin_keeps_everything(site: Site) -> None:
    assert short(*of_a_plugin(site, "run.sleep(2)")) == {}


def test_a_child_that_is_left_behind_is_found_and_ended(folder: Path) -> None:
    script = f"echo $$ > {folder}/pid; exec sleep 1000"

    def leave(_params: Params, _run: Run) -> str:
        words = ["/bin/sh", "-c", script]
        subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True).returncode = 0
        pid_in(folder / "pid")
        return "left"

    found = short(good(function=leave, columns=[]))
    assert "sleep 1000 still ran after the last run" in found["left behind"]
    assert not alive(pid_in(folder / "pid"))


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found on Linux alone")
def test_an_orphan_in_a_session_of_its_own_is_found_and_ended(
    folder: Path, programs: MakePrograms
) -> None:
    inner = f"echo $$ > {folder}/pid; exec sleep 1000"
    begin = f"setsid sh -c '{inner}' < /dev/null > /dev/null 2>&1 &"
    wait = f"until [ -s {folder}/pid ]; do sleep 0.01; done; echo gone"
    path = programs(stray=f"{begin}\n{wait}")
    config = CONFIG.model_copy(update={"command_path": path})
    metric = space(program="stray", parser=None, columns=[])
    found = [one for one in examine(metric, config) if one.mark is Mark.SHORT]
    assert {one.check for one in found} == {"left behind"}
    assert "sleep 1000" in found[0].detail
    assert not alive(pid_in(folder / "pid"))
