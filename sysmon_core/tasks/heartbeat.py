"""Which workers live: each writes down every other second that it does, and its threads."""

from __future__ import annotations

import redis

from sysmon_core.redis_store.client import translated
from sysmon_core.redis_store.keys import WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks import scripts
from sysmon_core.tasks.lua import BASE


class Heartbeat:
    """That of one worker."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._beat = Script(client, BASE + scripts.BEAT)

    def beat(self, worker: str, threads: int) -> None:
        """Say that it lives, with so many threads for long tasks."""
        with translated():
            self._beat((), [_member(worker, threads)])

    def end(self, worker: str, threads: int) -> None:
        """Say that it does not."""
        with translated():
            self._client.zrem(WORKERS, _member(worker, threads))


def _member(worker: str, threads: int) -> str:
    return f"{threads} {worker}"


def workers(client: redis.Redis) -> int:
    """How many workers live."""
    with translated():
        return int(Script(client, BASE + scripts.COUNT)())
