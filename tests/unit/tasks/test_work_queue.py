"""The queue in which a worker's idle threads sleep."""

from __future__ import annotations

import threading
from queue import Empty

import pytest

from sysmon_core.tasks.work_queue import WorkQueue
from tests.conftest import until

SHORT = 0.01  # seconds


def taker(queue: WorkQueue, taken: list[object]) -> threading.Thread:
    """A thread that takes one item from the queue and records it."""

    def take() -> None:
        try:
            taken.append(queue.get(timeout=SHORT))
        except Empty:
            taken.append(Empty)

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def test_items_come_by_their_order_and_none_where_there_is_none() -> None:
    queue = WorkQueue()
    for item in (2, 1, 3):
        queue.put(item)
    assert [queue.get(), queue.get(timeout=SHORT), queue.get_nowait()] == [1, 2, 3]
    with pytest.raises(Empty):
        queue.get_nowait()


def test_who_waits_does_so_beyond_the_time_out_until_there_is_something() -> None:
    queue = WorkQueue()
    taken: list[object] = []
    threads = [taker(queue, taken) for _ in range(3)]
    threads[0].join(20 * SHORT)
    assert taken == []
    for item in range(3):
        queue.put(item)
    for thread in threads:
        thread.join()
    assert sorted(item for item in taken if isinstance(item, int)) == [0, 1, 2]


def test_everybody_looks_up_when_the_end_is_near_and_the_time_out_counts_from_then() -> None:
    queue = WorkQueue()
    taken: list[object] = []
    threads = [taker(queue, taken) for _ in range(3)]
    queue.let_time_out()
    until(lambda: taken == [Empty] * 3)
    with pytest.raises(Empty):
        queue.get(timeout=SHORT)
    queue.put("last")
    assert queue.get(timeout=SHORT) == "last"
    for thread in threads:
        thread.join()
