"""WaitingRoom: calls that are kept until their task has ended, and made once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

import pytest

from sysmon_core.services.waiting import WaitingRoom
from tests.conftest import PATIENCE, until

LONG = 2 * PATIENCE  # seconds: the test fails before such a wait is over
CALLERS = 8


class Ends:
    """Tasks that end when a test says so, in silence or with a message."""

    def __init__(self) -> None:
        self.over: set[str] = set()
        self.listeners: list[Callable[[str], None]] = []

    def listen(self, on_end: Callable[[str], None]) -> None:
        self.listeners.append(on_end)

    def ended(self, task_ids: Collection[str]) -> Collection[str]:
        return self.over & set(task_ids)

    def tell(self, task_id: str) -> None:
        for listener in self.listeners:
            listener(task_id)


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.fixture
def calls() -> list[str]:
    return []


def test_an_end_that_is_heard_of_makes_the_calls_of_its_task_alone(
    ends: Ends, calls: list[str]
) -> None:
    room = WaitingRoom(ends, 3)
    for name in ("one", "one", "other"):
        assert room.enter(name, LONG, lambda name=name: calls.append(name))  # type: ignore[misc]
    ends.tell("one")
    assert calls == ["one", "one"]


def test_all_listen_by_one(ends: Ends) -> None:
    room = WaitingRoom(ends, 2)
    for _ in range(2):
        room.enter("task", LONG, lambda: None)
    assert len(ends.listeners) == 1


def test_a_task_that_has_ended_before_is_not_waited_for(ends: Ends, calls: list[str]) -> None:
    ends.over.add("task")
    assert WaitingRoom(ends, 1).enter("task", LONG, lambda: calls.append("made"))
    assert calls == ["made"]


def test_an_end_of_which_nobody_tells_is_looked_for(ends: Ends, calls: list[str]) -> None:
    WaitingRoom(ends, 1).enter("task", LONG, lambda: calls.append("made"))
    assert not calls
    ends.over.add("task")
    until(lambda: calls)


def test_a_call_is_made_when_its_time_is_over(ends: Ends) -> None:
    room, begin, made = WaitingRoom(ends, 2), time.monotonic(), list[float]()
    room.enter("task", LONG, lambda: made.append(0))
    room.enter("task", 0.2, lambda: made.append(time.monotonic()))
    until(lambda: made)
    assert made[0] - begin >= 0.2


def test_no_more_wait_than_there_are_places(ends: Ends, calls: list[str]) -> None:
    room = WaitingRoom(ends, 1)
    leave = room.enter("task", LONG, lambda: calls.append("first"))
    assert room.enter("task", LONG, lambda: calls.append("second")) is None
    assert leave
    leave()
    assert calls == ["first"]
    assert room.enter("task", LONG, lambda: calls.append("third"))


def test_a_room_without_places_keeps_nothing(ends: Ends) -> None:
    assert WaitingRoom(ends, 0).enter("task", LONG, lambda: None) is None


def test_whoever_ends_a_wait_its_call_is_made_once(ends: Ends, calls: list[str]) -> None:
    room, barrier = WaitingRoom(ends, 1), threading.Barrier(2 * CALLERS)
    leave = room.enter("task", LONG, lambda: calls.append("made"))
    assert leave
    ways = [leave, lambda: ends.tell("task")] * CALLERS

    def end(way: Callable[[], None]) -> None:
        barrier.wait(PATIENCE)
        way()

    threads = [threading.Thread(target=end, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["made"]
