"""Waiting: middleware that keeps the response of a view that waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sysmon_core.api.framework.environ_keys import ON_STOP, WAIT
from sysmon_core.api.framework.waits import Wait
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.api.wsgi.waiting import Waiting
from sysmon_core.services.waiting import WaitingRoom
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LONG = 2 * PATIENCE  # seconds: the test fails before such a wait is over


class NoEnds:
    """No task ever ends."""

    def listen(self, on_end: Callable[[str], None]) -> None:
        """Tell nothing."""

    def ended(self, _task_ids: Collection[str]) -> Collection[str]:
        return ()


def waits(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """A view that would wait, and tells afterwards whether it has."""

    def answer(waited: bool) -> Any:
        def respond(_: WSGIEnvironment, start: StartResponse) -> list[bytes]:
            start("200 OK", [])
            return [b"waited" if waited else b"at once"]

        return respond

    environ[WAIT] = Wait("task", LONG, answer)
    start_response("500 Never sent", [])
    return []


@contextlib.contextmanager
def stopped(call: Callable[[], None]) -> Iterator[None]:
    """What a server that is being stopped does with calls that come late."""
    call()
    yield


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def response_of(places: int, threads: ThreadPoolExecutor, **environ: Any) -> Any:
    app = Waiting(waits, WaitingRoom(NoEnds(), places), threads)
    body = app({"HTTP_PREFER": "wait=9", **environ}, lambda *_: lambda _: None)
    assert isinstance(body, Deferred)
    done: list[Any] = []
    body.pool.submit(lambda: done.append(b"".join(body.call())))
    threads.submit(lambda: None).result(PATIENCE)
    return done


def test_a_response_is_kept(threads: ThreadPoolExecutor) -> None:
    assert response_of(1, threads) == []


def test_without_a_place_it_is_made_at_once(threads: ThreadPoolExecutor) -> None:
    assert response_of(0, threads) == [b"at once"]


def test_a_server_that_is_stopped_keeps_none(threads: ThreadPoolExecutor) -> None:
    assert response_of(1, threads, **{ON_STOP: stopped}) == [b"waited"]
