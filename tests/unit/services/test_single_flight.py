"""Single flight: concurrent callers with one key share one execution."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.services.single_flight import OnStart, SingleFlight
from tests.conftest import PATIENCE, until


class Work:
    """Work that counts its executions, and waits for a gate before and after it starts."""

    def __init__(self) -> None:
        self.done = 0
        self.waiting = 0
        self.most = 100
        self.begun = False
        self.may_begin, self.may_end = threading.Event(), threading.Event()
        self.error: Exception | None = None

    def __call__(self, on_start: OnStart) -> int:
        self.done += 1
        assert self.may_begin.wait(PATIENCE)
        on_start()
        self.begun = True
        assert self.may_end.wait(PATIENCE)
        if self.error:
            raise self.error
        return self.done

    @contextlib.contextmanager
    def queue(self) -> Iterator[None]:
        if self.waiting >= self.most:
            raise OSError("no room")
        self.waiting += 1
        yield


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def shared(work: Work) -> SingleFlight[int]:
    return SingleFlight(work.queue, PATIENCE)


def test_all_who_ask_at_once_have_what_one_did(work: Work, shared: SingleFlight[int]) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shared.share, "a", work) for _ in range(8)]
        until(lambda: work.waiting == 7)
        work.may_begin.set()
        work.may_end.set()
        assert [one.result() for one in asked] == [1] * 8
    assert shared.share("a", work) == 2, "later it is done again"


def test_other_work_is_not_waited_for(work: Work, shared: SingleFlight[int]) -> None:
    work.may_begin.set()
    work.may_end.set()
    other = Work()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(shared.share, "b", other)
        until(lambda: other.done)
        assert shared.share("a", work) == 1
        other.may_begin.set()
        other.may_end.set()
        assert asked.result() == 1


def test_whoever_waits_for_work_that_has_begun_is_in_no_queue(work: Work) -> None:
    shared: SingleFlight[int] = SingleFlight(work.queue, 0.01)
    work.most = 0
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.share, "a", work)
        until(lambda: work.done)
        with pytest.raises(OSError, match="no room"):
            shared.share("a", work)
        work.may_begin.set()
        until(lambda: work.begun)
        with pytest.raises(TimeoutError):
            shared.share("a", work)
        work.may_end.set()
        assert first.result() == 1


def test_an_error_is_everybody_s_and_nobody_s_later(work: Work, shared: SingleFlight[int]) -> None:
    work.error = ValueError("no water")
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(shared.share, "a", work) for _ in range(4)]
        until(lambda: work.waiting == 3)
        work.may_begin.set()
        work.may_end.set()
        for one in asked:
            with pytest.raises(ValueError, match="no water"):
                one.result()
    work.error = None
    assert shared.share("a", work) == 2


def test_nobody_waits_for_ever(work: Work) -> None:
    shared: SingleFlight[int] = SingleFlight(work.queue, 0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.share, "a", work)
        until(lambda: work.done)
        with pytest.raises(TimeoutError):
            shared.share("a", work)
        work.may_begin.set()
        work.may_end.set()
        assert first.result() == 1
