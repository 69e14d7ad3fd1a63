"""A server that is stopped answers the requests that wait, and ends in time."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator

import pytest

from tests.live.server.waits import (
    Served,
    ends,
    redis_for,
    served,
    showing,
    submitted,
    submitting,
    waiting_in_each,
)

PLACES = 100
TIMEOUT = 4  # seconds


@pytest.fixture(params=[1, 2], ids="{} processes".format)
def one(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of the test's own, with one process or two."""
    timeout = f"shutdown_timeout = {TIMEOUT}"
    with served(timeout, processes=request.param, waiting_requests=PLACES) as found:
        yield found


@contextlib.contextmanager
def ends_in_time(one: Served, number: int = signal.SIGTERM) -> Iterator[None]:
    """Stop the server; once its requests are seen to, it has ended well, with none cut off."""
    since = time.monotonic()
    one.server.popen.send_signal(number)
    yield
    assert one.server.wait() == 0
    assert time.monotonic() - since < TIMEOUT
    assert "cut off" not in one.server.printed()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_all_that_wait_are_answered_with_the_task_as_it_is(one: Served, number: int) -> None:
    with (
        redis_for(one.site),
        waiting_in_each(one, showing(submitted(one.site)), PLACES) as crowds,
        ends_in_time(one, number),
    ):
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == {(200, "wait=30", "QUEUED")}


def test_submissions_that_wait_are_answered(one: Served) -> None:
    with (
        redis_for(one.site),
        waiting_in_each(one, submitting(), PLACES) as crowds,
        ends_in_time(one),
    ):
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == {(201, "wait=30", "QUEUED")}


def test_clients_that_have_hung_up_hold_up_nothing(one: Served) -> None:
    with redis_for(one.site), waiting_in_each(one, submitting(), PLACES) as crowds:
        for crowd in crowds.values():
            crowd.hang_up(PLACES)
        with ends_in_time(one):
            pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_while_redis_is_away_all_that_wait_are_a_503(one: Served, number: int) -> None:
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(redis_for(one.site))
        request = showing(submitted(one.site))
        crowds = stack.enter_context(waiting_in_each(one, request, PLACES))
        store.send_signal(number)
        stack.enter_context(ends_in_time(one))
        for crowd in crowds.values():
            assert ends(crowd.answered(PLACES)) == {(503, None, None)}
