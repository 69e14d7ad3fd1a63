"""What a metric does: each promise that may be broken is found, and the check itself ends."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sysmon_core import Column, Command, Field, Integer, Params, Report, Run
from sysmon_core.checks import examine
from sysmon_core.checks.trial import ENDING_SECONDS, OVERRUN_SECONDS
from tests.conftest import MakePrograms
from tests.support.plugins import HEAD, Site
from tests.unit.checks.conftest import CONFIG, DEPTH, findings, good, short
from tests.unit.conftest import alive, pid_in

CHECKS = ["declaration", "params", "refusals", "duration", "output", "cancel", "deadline"]


class Seconds(Params):
    seconds: Integer = Field(
        0, ge=0, le=60, description="How long", json_schema_extra={"unit": "s"}
    )


def told(params: Seconds) -> float:
    return params.seconds


def patient(params: Seconds, run: Run) -> str:
    run.sleep(params.seconds)
    return "slept"


def yielding(params: Seconds, run: Run) -> Iterator[dict[str, Any]]:
    for number in range(params.seconds + 1):
        yield {"depth": number}
        run.sleep(1 if number < params.seconds else 0)


def space(**fields: Any) -> Command:
    kept: dict[str, Any] = {
        "name": "space",
        "title": "Space",
        "description": "The space that there is.",
        "program": "df",
        "package": "coreutils",
        "arguments": lambda _params, _platform: ["-P", "-k"],
        "parser": "df",
        "columns": [Column("used", "what is in use", "By", scale=1024)],
    }
    return Command(**(kept | fields))


GOOD = {
    "a function": good(),
    "a text": good(function=lambda _params, _run: "deep", columns=[]),
    "nothing to tell": good(function=lambda _params, _run: []),
    "a program": space(),
    "a long function": good(function=patient, params=Seconds, duration=told),
    "rows as they come": good(function=yielding, params=Seconds, duration=told),
    "a long program": space(
        program="sleep",
        params=Seconds,
        duration=told,
        arguments=lambda params, _platform: [str(params.seconds)],
        parser=None,
    ),
}


@pytest.mark.parametrize("metric", GOOD.values(), ids=GOOD)
def test_what_keeps_its_promises_has_every_check_and_no_fault(metric: Any) -> None:
    found = findings(metric)
    assert [finding for finding in found if not finding.ok] == []
    assert [finding.check for finding in found] == [*CHECKS, "cost", "left behind"]


@pytest.mark.parametrize("metric", [space(), good()], ids=["program", "function"])
def test_the_cost_is_told_in_milliseconds_and_megabytes(metric: Any) -> None:
    cost = next(finding.detail for finding in findings(metric) if finding.check == "cost")
    ms, cpu, megabytes = map(float, re.findall(r"([0-9.]+) M?m?[sB]", cost))
    assert 0 <= cpu < 500
    assert 0 <= ms < 1000
    assert 0 <= megabytes < 30  # far less than this process has


def raising(_params: Params, _run: Run) -> Report:
    raise ValueError("no water")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "it raises": ({"function": raising}, "ValueError: no water"),
    "no report": ({"function": lambda _params, _run: 3}, "no Report"),
    "nothing": ({"function": lambda _params, _run: " ", "columns": []}, "neither text nor rows"),
    "no JSON": ({"function": lambda _params, _run: [{"depth": {1}}]}, "no JSON"),
    "not a number": ({"function": lambda _params, _run: [{"depth": float("nan")}]}, "no JSON"),
    "undeclared": ({"columns": []}, "no columns are declared"),
    "another column": ({"function": lambda _params, _run: [{"deep": 1}]}, "has deep, .*is depth"),
    "a column less": (
        {"columns": [DEPTH, Column("fish", "how many live there", "1")]},
        "has depth, .*is depth, fish",
    ),
    "no unit": (
        {"columns": [Column("depth", "how deep")], "function": lambda *_: [{"depth": 1.5}]},
        "depth has fractions and no unit",
    ),
    "a unit of words": (
        {"function": lambda _params, _run: [{"depth": "deep"}]},
        "unit and values that are no numbers",
    ),
}


@pytest.mark.parametrize(("fields", "words"), WRONG.values(), ids=WRONG)
def test_an_output_that_cannot_be_used_is_found(fields: dict[str, Any], words: str) -> None:
    found = short(good(**fields))
    assert list(found) == ["output"]
    assert re.search(words, found["output"])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"program": "no-such-program"}, "install the package coreutils"),
        ({"parser": "no-such-parser"}, "cannot be read"),
        ({"arguments": lambda _params, _platform: ["--nonsense"]}, "ended with status"),
        ({"columns": [Column("usd", "in use", "By")]}, "usd is empty in every row"),
    ],
)
def test_a_program_that_does_not_do_is_found(fields: dict[str, Any], words: str) -> None:
    assert words in short(space(**fields))["output"]


def slow(_params: Params, run: Run) -> str:
    run.sleep(1.3)
    return "slow"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "a quick metric must answer within 1 s"),
        ({"duration": lambda _params: 0}, "says 0 s and took 1.3 s"),
        ({"duration": lambda _params: 4}, "says 4 s and took 1.3 s: declare less"),
    ],
    ids=["quick", "longer", "shorter"],
)
def test_a_lie_about_the_duration_is_found(fields: dict[str, Any], words: str) -> None:
    found = short(good(function=slow, columns=[], **fields))
    assert words in found["duration"]


def test_a_lie_about_the_duration_of_other_params_is_found() -> None:
    metric = good(function=lambda _params, _run: "soon", columns=[], params=Seconds, duration=told)
    assert "says 2 s and took 0.0 s" in short(metric)["duration"]


def test_a_run_of_other_params_that_fails_is_found() -> None:
    def shallow(params: Seconds, run: Run) -> str:
        run.sleep(params.seconds)
        return str(1 // (params.seconds - 2))

    metric = good(function=shallow, params=Seconds, duration=told, columns=[])
    assert "a run with seconds=2 failed" in short(metric)["duration"]


@pytest.mark.parametrize("says", [float("nan"), float("inf"), -1, "long", 1000])
def test_a_duration_that_is_none_is_found(says: Any) -> None:
    assert list(short(good(duration=lambda _params: says))) == ["output"]


def test_a_metric_that_cannot_be_run_is_told_once() -> None:
    class Required(Params):
        count: Integer = Field(ge=1, description="How many")

    found = short(good(function=patient, params=Required, duration=lambda _params: 5))
    assert list(found) == ["params", "output"]
    assert found["output"].startswith("a run with default params failed: count")


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


def test_a_long_function_of_a_plugin_runs_in_a_process_as_in_production(site: Site) -> None:
    site.add(
        f"import time\n{HEAD}\ndef hang(params, run):\n    time.sleep(1000)\n\n@hookimpl\n"
        "def sysmon_metrics():\n    return [Metric(name='fish', title='fish', function=hang, "
        "description='Fish.', duration=lambda params: 2)]\n"
    )
    metrics = site.load()
    metric = metrics.get("fish")
    assert metric
    found = short(metric, metrics.sources["fish"])
    assert set(found) == {"duration", "output"}  # its process was ended: that was obeyed
    assert "took longer" in found["output"]


def test_a_long_function_of_a_plugin_keeps_everything(site: Site) -> None:
    site.add(
        f"{HEAD}\ndef nap(params, run):\n    run.sleep(2)\n    return 'slept'\n\n@hookimpl\n"
        "def sysmon_metrics():\n    return [Metric(name='fish', title='fish', function=nap, "
        "description='Fish.', duration=lambda params: 2)]\n"
    )
    metrics = site.load()
    metric = metrics.get("fish")
    assert metric
    assert short(metric, metrics.sources["fish"]) == {}


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
    found = [one for one in examine(metric, config) if not one.ok]
    assert {one.check for one in found} == {"left behind"}
    assert "sleep 1000" in found[0].detail
    assert not alive(pid_in(folder / "pid"))
