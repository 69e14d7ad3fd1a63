"""Requests that wait: what happens while one takes its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from sysmon_core.api.framework.environ_keys import ON_DISCONNECT
from sysmon_core.api.framework.waits import Wait
from sysmon_core.api.wsgi.waiting import Parked
from sysmon_core.services.waiting import WaitingRoom

LONG = 3600.0  # seconds


class NoEnds:
    """Tasks that never end."""

    def listen(self, on_end: Callable[[str], None]) -> None:
        """There is nothing to tell."""

    def ended(self, task_ids: Collection[str]) -> Collection[str]:  # noqa: ARG002
        return []


def test_a_client_that_disconnects_meanwhile_does_not_keep_its_place() -> None:
    def at_once(call: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        call()
        return contextlib.nullcontext()

    answered: list[int] = []
    with ThreadPoolExecutor(1) as threads:
        wait = Wait("a", LONG, lambda _waited: None)
        room = WaitingRoom(NoEnds(), 1)
        Parked(room, threads, wait, {ON_DISCONNECT: at_once}).submit(answered.append, 1)
    assert answered == [1]
    assert room.enter("b", LONG, lambda: None)
