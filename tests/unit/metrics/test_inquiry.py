"""A metric says once why its host cannot have it; whatever else it does is its own fault."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Host, Metric
from sysmon_core.errors import ConfigurationError, MetricUnavailable, PluginFault, SysmonError
from sysmon_core.metrics.inquiry import Inquiry
from tests.conftest import PATIENCE, MakePrograms, until

HOST = Host("/nowhere")
LATER_CALLERS = 50  # at 0.2 s each they would take long enough to be told from a busy machine


def required(available: Callable[[Host], Any], seconds: float = PATIENCE) -> None:
    Inquiry(available, HOST, seconds).require()


def test_a_metric_that_is_available_is_not_refused() -> None:
    required(lambda _host: None)
    Inquiry(None, HOST).require()


def test_a_metric_that_is_not_available_is_refused_with_its_sentence() -> None:
    with pytest.raises(MetricUnavailable, match=r"^no water in /nowhere$"):
        required(lambda host: f"no water in {host.command_path}")


@given(st.text())
def test_any_text_is_a_sentence_on_one_line_or_the_fault_of_the_plugin(text: str) -> None:
    kind = MetricUnavailable if text.strip() else PluginFault
    with pytest.raises(kind) as caught:
        required(lambda _host: text)
    told = str(caught.value)
    assert told.isprintable()
    told.encode()


@pytest.mark.parametrize("given", [True, False, 5, 0, b"no water", ["no water"], ""], ids=repr)
def test_what_is_no_sentence_is_the_fault_of_the_plugin(given: object) -> None:
    with pytest.raises(PluginFault, match="neither None nor a sentence"):
        required(lambda _host: given)


def raising(error: BaseException) -> Callable[[Host], None]:
    def available(_host: Host) -> None:
        raise error

    return available


@pytest.mark.parametrize("error", [OSError("no water"), SystemExit("bye"), MetricUnavailable("x")])
def test_an_exception_is_the_fault_of_the_plugin_each_time(error: BaseException) -> None:
    inquiry = Inquiry(raising(error), HOST)
    for _ in range(2):
        with pytest.raises(PluginFault, match="failed to look for what it needs") as caught:
            inquiry.require()
        assert caught.value.__cause__ is error
        assert ", in available" in caught.value.place


def test_a_traceback_does_not_grow_with_each_caller() -> None:
    error = ValueError("no water")
    inquiry = Inquiry(raising(error), HOST)

    def frames() -> int:
        with pytest.raises(PluginFault):
            inquiry.require()
        trace, found = error.__traceback__, 0
        while trace:
            trace, found = trace.tb_next, found + 1
        return found

    assert frames() == frames()


def kind_of(inquiry: Inquiry) -> type[SysmonError]:
    with pytest.raises(SysmonError) as caught:
        inquiry.require()
    return caught.type


@pytest.fixture
def late() -> Iterator[threading.Event]:
    """An event that a function waits for, which is set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def test_a_function_that_hangs_keeps_its_callers_waiting_once_and_may_answer_later(
    late: threading.Event,
) -> None:
    def available(_host: Host) -> str:
        late.wait(PATIENCE)
        return "no water"

    inquiry = Inquiry(available, HOST, seconds=0.2)
    with pytest.raises(PluginFault, match=r"did not say within 0\.2 s whether"):
        inquiry.require()
    asked = time.monotonic()
    for _ in range(LATER_CALLERS):
        with pytest.raises(PluginFault, match="did not say"):
            inquiry.require()
    assert time.monotonic() - asked < LATER_CALLERS * 0.2 / 2, "each of them waited"
    late.set()
    until(lambda: kind_of(inquiry) is MetricUnavailable)


def test_a_hundred_callers_at_once_ask_once() -> None:
    asked = []
    together = threading.Barrier(100)

    def available(_host: Host) -> str:
        asked.append(threading.get_ident())
        return "no water"

    inquiry = Inquiry(available, HOST)

    def first() -> str:
        together.wait(PATIENCE)
        with pytest.raises(MetricUnavailable) as caught:
            inquiry.require()
        return str(caught.value)

    with ThreadPoolExecutor(100) as pool:
        told = [future.result() for future in [pool.submit(first) for _ in range(100)]]
    assert told == ["no water"] * 100
    assert len(asked) == 1


def test_nobody_is_asked_before_somebody_needs_the_answer(late: threading.Event) -> None:
    asked = threading.Event()

    def available(_host: Host) -> None:
        asked.set()
        late.wait(PATIENCE)

    before = set(threading.enumerate())
    inquiry = Inquiry(available, HOST)
    assert set(threading.enumerate()) <= before, "a thread asks already"
    inquiry.begin()
    assert asked.wait(PATIENCE)


def test_a_host_is_its_platform_and_its_programs(programs: MakePrograms, folder: Path) -> None:
    host = Host(programs(fish="echo"))
    assert host.platform == sys.platform
    assert host.find("fish") == str(folder / "programs/fish")
    assert host.find("no-such-fish") is None
    assert not host.settings
    with pytest.raises(FrozenInstanceError):
        host.platform = "other"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("value", [True, "no water", 0])
def test_what_cannot_be_asked_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="The metric fish declares as available"):
        Metric(name="fish", title="", function=lambda *_: "", available=value)
