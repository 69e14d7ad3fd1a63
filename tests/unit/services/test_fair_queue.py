"""The fair queue, with threads that hold a slot until the test lets them leave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from sysmon_core.errors import TooManyLogins
from sysmon_core.services.fair_queue import FairQueue
from tests.conftest import PATIENCE, until


class Crowd:
    """Threads that enter the queue one by one, and leave when the test says their names."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.inside: list[str] = []  # in the order in which they came in
        self.refused: list[str] = []
        self._leave: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def comes(self, name: str, client: str = "", *, known: bool = False) -> None:
        """Start a thread, and return once it holds a slot, waits or is refused."""
        self._leave[name] = threading.Event()
        waiting = self.queue.waiting
        thread = threading.Thread(target=self._stay, args=(name, client or name, known))
        self._threads.append(thread)
        settled = len(self.inside), len(self.refused)
        thread.start()
        until(
            lambda: (
                self.queue.waiting != waiting or (len(self.inside), len(self.refused)) != settled
            )
        )

    def _stay(self, name: str, client: str, known: bool) -> None:
        try:
            with self.queue.slot(client, known=known):
                self.inside.append(name)
                assert self._leave[name].wait(PATIENCE)
        except TooManyLogins:
            self.refused.append(name)

    def goes(self, name: str) -> None:
        """Let a thread leave, and return once the next waiter, if any, has its slot."""
        waiting, inside = self.queue.waiting, len(self.inside)
        self._leave[name].set()
        if waiting:
            until(lambda: len(self.inside) > inside)

    def disperses(self) -> None:
        for event in self._leave.values():
            event.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.fixture
def gather() -> Iterator[Callable[..., Crowd]]:
    crowds: list[Crowd] = []

    def make(places: int, room: int, seconds: float = PATIENCE) -> Crowd:
        crowds.append(Crowd(FairQueue(places, room, seconds)))
        return crowds[-1]

    yield make
    for crowd in crowds:
        crowd.disperses()


Gather = Callable[..., Crowd]


def test_no_more_are_in_than_there_are_places_but_one_which_is_for_those_known(
    gather: Gather,
) -> None:
    crowd = gather(places=3, room=9)
    for name in "abcd":
        crowd.comes(name)
    assert crowd.inside == ["a", "b"]
    crowd.comes("k", known=True)
    crowd.comes("l", known=True)
    assert crowd.inside == ["a", "b", "k"]
    crowd.goes("k")
    assert crowd.inside == ["a", "b", "k", "l"]
    crowd.goes("a")
    assert crowd.inside[-1] == "c"


def test_those_known_are_next_wherever_a_place_is_free(gather: Gather) -> None:
    crowd = gather(places=1, room=9)
    for name in "abc":
        crowd.comes(name)
    crowd.comes("k", known=True)
    crowd.goes("a")
    assert crowd.inside == ["a", "k"]
    crowd.goes("k")
    assert crowd.inside == ["a", "k", "b"]


def test_networks_have_their_turns_and_within_one_the_first_is_first(gather: Gather) -> None:
    crowd = gather(places=1, room=9)
    crowd.comes("first")
    for name in ("a1", "a2", "a3"):
        crowd.comes(name, "a")
    for name in ("b1", "b2"):
        crowd.comes(name, "b")
    crowd.comes("c1", "c")
    for name in ("first", "a1", "b1", "c1", "a2", "b2"):
        crowd.goes(name)
    assert crowd.inside == ["first", "a1", "b1", "c1", "a2", "b2", "a3"]


def test_where_there_is_no_room_whoever_takes_most_of_it_gives_it_up(gather: Gather) -> None:
    crowd = gather(places=1, room=3)
    crowd.comes("first")
    for name in ("a1", "a2", "a3", "a4"):
        crowd.comes(name, "a")
    until(lambda: crowd.refused == ["a4"])
    crowd.comes("b1", "b")
    until(lambda: crowd.refused == ["a4", "a3"])
    crowd.comes("c1", "c")
    until(lambda: crowd.refused == ["a4", "a3", "a2"])
    crowd.comes("d1", "d")
    until(lambda: crowd.refused == ["a4", "a3", "a2", "d1"])
    for name in ("first", "a1", "b1"):
        crowd.goes(name)
    assert crowd.inside == ["first", "a1", "b1", "c1"]


def test_whoever_is_known_finds_room_until_all_who_wait_are(gather: Gather) -> None:
    crowd = gather(places=1, room=2)
    crowd.comes("first")
    crowd.comes("a")
    crowd.comes("b")
    for name in ("k", "l"):
        crowd.comes(name, known=True)
    until(lambda: sorted(crowd.refused) == ["a", "b"])
    for name in ("m", "c"):
        crowd.comes(name, known=name == "m")
    until(lambda: crowd.refused[2:] == ["m", "c"])
    crowd.goes("first")
    crowd.goes("k")
    assert crowd.inside == ["first", "k", "l"]


def test_whoever_waits_too_long_is_told_to_come_again(gather: Gather) -> None:
    crowd = gather(places=1, room=5, seconds=0.01)
    crowd.comes("first")
    with (
        pytest.raises(TooManyLogins, match=r"^Too many passwords are being checked: try again$"),
        crowd.queue.slot("a", known=False),
    ):
        pass
    crowd.goes("first")
    until(lambda: crowd.queue.waiting == 0)
    with crowd.queue.slot("b", known=False):
        crowd.inside.append("b")
    assert crowd.inside == ["first", "b"]


def test_a_place_is_free_again_whatever_comes_of_it() -> None:
    queue = FairQueue(slots=1, max_waiting=1, seconds=0.01)
    for known in (False, True) * 3:
        with pytest.raises(OSError, match="no water"), queue.slot("a", known=known):
            raise OSError("no water")


def test_half_as_many_may_wait_for_another_as_for_a_place(gather: Gather) -> None:
    crowd = gather(places=1, room=4)
    crowd.comes("first")
    for name in "abcd":
        crowd.comes(name)
    for _ in range(2):
        with crowd.queue.follow(), crowd.queue.follow():
            assert crowd.queue.waiting == 6
            with pytest.raises(TooManyLogins), crowd.queue.follow():
                pass
    crowd.comes("e")
    assert crowd.refused == ["e"]


def test_a_flood_of_new_networks_leaves_each_that_waits_its_turn(gather: Gather) -> None:
    """Sixteen threads of an attacker, each with a new address at each of its attempts."""
    crowd = gather(places=2, room=16)
    for number in range(16):
        crowd.comes(f"0.{number}")
    crowd.comes("newcomer")
    for turn in range(16):
        crowd.goes(crowd.inside[turn])
        crowd.comes(f"1.{turn}")
        if "newcomer" in crowd.inside:
            break
    assert "newcomer" in crowd.inside
    assert crowd.refused == []
