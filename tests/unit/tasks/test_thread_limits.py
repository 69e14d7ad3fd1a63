"""How a worker's threads are shared between the queues."""

from __future__ import annotations

import pytest

from sysmon_core.tasks.queues import LONG, QUEUES, USERS_BRIEF, USERS_LONG
from sysmon_core.tasks.thread_limits import ThreadLimits


class Hand:
    """A consumer that has so many messages in hand."""

    def __init__(self, number: int) -> None:
        self.outstanding_message_count = number


def rooms(threads: int, **in_hand: int) -> ThreadLimits:
    made = ThreadLimits(threads)
    names = dict(zip(("long", "brief", "users_long", "users_brief"), QUEUES, strict=True))
    for name, number in in_hand.items():
        made.add_consumer(names[name], Hand(number))
    return made


@pytest.mark.parametrize(
    ("in_hand", "free"),
    [
        ({}, (6, 8, 12, 16)),
        ({"long": 6}, (0, 2, 6, 10)),
        ({"long": 6, "brief": 2}, (0, 0, 6, 8)),
        ({"brief": 8}, (0, 0, 8, 8)),
        ({"users_long": 12}, (0, 4, 0, 4)),
        ({"users_long": 8}, (4, 8, 4, 8)),
        ({"users_brief": 16}, (0, 0, 0, 0)),
        ({"long": 6, "users_long": 6}, (0, 2, 0, 4)),
    ],
)
def test_threads_are_kept_for_users_and_for_brief_tasks(
    in_hand: dict[str, int], free: tuple[int, ...]
) -> None:
    made = rooms(16, **in_hand)
    assert tuple(made.free(queue) for queue in QUEUES) == free


@pytest.mark.parametrize("threads", range(1, 20))
def test_every_kind_of_task_has_a_thread_however_few_there_are(threads: int) -> None:
    assert all(ThreadLimits(threads).free(queue) >= 1 for queue in QUEUES)
    running = rooms(threads).free(LONG)
    anonymous = rooms(threads, long=running)
    assert threads == 1 or anonymous.free(USERS_LONG) >= 1
    assert anonymous.free(USERS_BRIEF) == threads - running
