"""Plugins whose metrics misbehave while they run: that run fails, and nothing else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest
from webtest import TestApp

from sysmon_core.metrics.loading import load
from sysmon_core.services.abandonable_threads import MAX_HANGING_THREADS
from tests.conftest import MakeApp, MakePrograms, MakeSettings, until

BLAME = "(the plugin pond of fishpond 1.0: mend it, or name it in plugins_blocked)"
MODULE = "plugin_of_a_fishpond"
PLUGIN = """
import os, sys, time
from sysmon_core import Command, Metric, Params, Report, hookimpl

class Odd(Exception):
    def __str__(self):
        raise LookupError

def hang(params, run):
    while not os.path.exists(os.path.join({folder!r}, "go")):
        time.sleep(0.01)
    return "done"

def fall(params, run):
    raise ValueError("no water")

def leave(params, run):
    sys.exit("bye")

def hide(params, run):
    raise Odd

def chat(params, run):
    for _ in range(50):
        print("x" * 1_000_000)
    return "said"

def swell(params, run):
    return "x" * 50_000_000

FUNCTIONS = dict(
    hang=hang, fall=fall, leave=leave, hide=hide, swell=swell,
    thing=lambda *_: object(), rows=lambda *_: [dict(depth=float("nan"))],
)

@hookimpl
def sysmon_metrics():
    quick = [Metric(name=name, title=name, function=one) for name, one in FUNCTIONS.items()]
    long = [
        Metric(name=f"long-{{name}}", title=name, function=one, duration=lambda params: 0)
        for name, one in (FUNCTIONS | dict(chat=chat, end=lambda *_: os._exit(3))).items()
    ]
    flood = Command(name="flood", title="", program="flood", package="pond")
    return [*quick, *long, flood, Metric(name="good", title="", function=lambda *_: "well")]
""".replace("{{", "{").replace("}}", "}")


MakePond = Callable[..., TestApp]


@pytest.fixture
def make_pond(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_settings: MakeSettings,
    make_testapp: MakeApp,
    programs: MakePrograms,
) -> Iterator[MakePond]:
    """Make an application with a plugin that is installed and does what it must not."""
    monkeypatch.syspath_prepend(folder)
    (folder / f"{MODULE}.py").write_text(PLUGIN.replace("{folder!r}", repr(str(folder))))
    about = folder / "fishpond-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fishpond\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[sysmon]\npond = {MODULE}\n")
    points = [point for one in distributions(path=[str(folder)]) for point in one.entry_points]
    path = programs(flood="head -c 50000000 /dev/zero")

    def make(**settings: object) -> TestApp:
        config = make_settings(output_limit=100_000, command_path=path, **settings)
        return make_testapp(config, load(config, points))

    yield make
    (folder / "go").touch()
    until(lambda: not any(t.name == "hang" for t in threading.enumerate()))
    sys.modules.pop(MODULE, None)


@pytest.fixture
def pond(make_pond: MakePond) -> TestApp:
    """One with the patience that it has anywhere."""
    return make_pond()


@pytest.fixture
def hasty(make_pond: MakePond) -> TestApp:
    """One that waits for nobody."""
    return make_pond(overrun=0.5)


BOTH = {
    "fall": "ValueError: no water",
    "leave": "SystemExit: bye",
    "hide": "Odd",
    "thing": "no Report",
    "rows": "no JSON",
    "swell": "output_limit",
}
FAULTS = BOTH | {f"long-{name}": told for name, told in BOTH.items()}
FAULTS["long-end"] = "ended its process (status 3)"


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_fails_alone_and_is_blamed_on_its_plugin(name: str, pond: TestApp) -> None:
    reason = FAULTS[name]
    detail = pond.get(f"/v1/{name}/", status=502).json["detail"]
    assert detail.startswith(f"The metric {name} failed: ")
    assert reason in detail
    assert BLAME in detail
    assert pond.get("/v1/good/").json == {"good": "well"}


@pytest.mark.parametrize("name", ["hang", "long-hang"])
def test_a_run_that_hangs_is_given_up(name: str, hasty: TestApp) -> None:
    detail = hasty.get(f"/v1/{name}/", status=504).json["detail"]
    assert "it took longer than its params allow for" in detail
    assert BLAME in detail
    assert hasty.get("/v1/good/").json == {"good": "well"}


def test_a_program_that_prints_50_mb_is_stopped_at_the_limit(pond: TestApp) -> None:
    assert "100000 bytes" in pond.get("/v1/flood/", status=502).json["detail"]


def test_a_long_function_may_print_without_end(pond: TestApp) -> None:
    assert pond.get("/v1/long-chat/").json == {"long-chat": "said"}


def test_a_metric_that_hangs_is_given_up_in_the_end_and_tried_again_when_it_is_well(
    hasty: TestApp, folder: Path
) -> None:
    for _ in range(MAX_HANGING_THREADS):
        hasty.get("/v1/hang/", status=504)
    begin = time.monotonic()
    assert "still hang" in hasty.get("/v1/hang/", status=502).json["detail"]
    assert time.monotonic() - begin < 1
    assert hasty.get("/v1/good/").json == {"good": "well"}
    (folder / "go").touch()
    until(lambda: hasty.get("/v1/hang/", status="*").status_code == 200)
    assert hasty.get("/v1/hang/").json == {"hang": "done"}
