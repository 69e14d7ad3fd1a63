"""What runs give is stored in parts: numbered, bounded in rate, kept until it is stored."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from sysmon_core.errors import TasksUnavailable
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part
from sysmon_core.tasks.output_writer import GATHER_SECONDS, WRITE_SECONDS, OutputWriter, RunOutput
from tests.conftest import until

SAMPLE = Sample(1.5, [{"depth": 1}])


class Store:
    """What is stored; it refuses as often as it is told."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.parts: list[tuple[str, str, Part]] = []
        self.calls: list[int] = []

    def append(self, parts: Iterable[tuple[str, str, Part]]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise TasksUnavailable("Redis is full")
        taken = list(parts)
        self.calls.append(len(taken))
        self.parts += taken


def make() -> RunOutput:
    return RunOutput("t1", "ours", threading.Event())


def due(output: RunOutput, now: float) -> Part | None:
    """The part that is due, what has come being gathered by then."""
    assert output.due(now - GATHER_SECONDS) is None
    return output.due(now)


def test_nothing_is_due_before_something_has_come() -> None:
    output = make()
    assert output.due(0) is None
    assert not output.is_pending()
    assert list(output.rest()) == []


def test_a_part_has_all_that_came_since_the_one_before() -> None:
    output = make()
    output.hear(b"1 m\n")
    output.hear(b"2 m\n")
    output.hear_sample(SAMPLE)
    assert due(output, 0) == Part(1, b"1 m\n2 m\n", (SAMPLE,))
    output.stored()
    output.hear(b"3 m\n")
    assert due(output, WRITE_SECONDS) == Part(2, b"3 m\n")


def test_a_task_is_written_once_a_second_at_most() -> None:
    output = make()
    output.hear(b"a")
    assert due(output, 10)
    output.stored()
    output.hear(b"b")
    assert output.due(10) is None
    assert output.due(10 + 0.99 * WRITE_SECONDS) is None  # it was gathered long before
    assert output.is_pending()
    assert output.due(10 + WRITE_SECONDS)


def test_what_comes_just_after_a_heading_is_written_with_it() -> None:
    output = make()
    output.hear(b"depth\n")
    assert output.due(0) is None
    output.hear(b"1 m\n")
    assert output.due(0.9 * GATHER_SECONDS) is None
    assert output.due(GATHER_SECONDS) == Part(1, b"depth\n1 m\n")


def test_the_same_part_is_due_until_it_is_stored() -> None:
    output = make()
    output.hear(b"a")
    first = due(output, 0)
    output.hear(b"b")
    assert due(output, WRITE_SECONDS) == first
    assert list(output.rest()) == [first, Part(2, b"b")]


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_rows_that_cannot_be_stored_are_refused_where_they_come_from(value: object) -> None:
    output = make()
    with pytest.raises((TypeError, ValueError)):
        output.hear_sample(Sample(1.5, [{"depth": value}]))
    assert not output.is_pending()


def test_nothing_is_taken_after_the_end() -> None:
    output = make()
    output.hear(b"a")
    assert list(output.rest()) == [Part(1, b"a")]
    output.hear(b"b")  # by a function that was given up
    output.hear_sample(SAMPLE)
    assert not output.is_pending()


def test_what_runs_give_is_stored_while_they_run_and_the_rest_is_handed_out() -> None:
    store = Store()
    writer = OutputWriter(store)
    outputs = [writer.open(f"t{number}", "ours") for number in range(3)]
    for output in outputs:
        output.hear(b"a")
    until(lambda: len(store.parts) == 3)
    assert {(task, token) for task, token, _ in store.parts} == {
        (f"t{n}", "ours") for n in range(3)
    }
    outputs[0].hear(b"b")
    (rest,) = writer.close(outputs[0])
    assert rest == Part(2, b"b")


def test_what_is_refused_is_stored_later_under_the_same_number() -> None:
    store = Store(refusals=1)
    writer = OutputWriter(store)
    output = writer.open("t1", "ours")
    output.hear(b"a")
    until(lambda: store.parts)
    assert store.parts == [("t1", "ours", Part(1, b"a"))]
    until(lambda: not output.is_pending())
    assert list(writer.close(output)) == []
