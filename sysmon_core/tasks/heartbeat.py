"""Heartbeats: each worker records every other second that it lives, and its threads."""

from __future__ import annotations

import redis

from sysmon_core.redis_store.client import redis_errors
from sysmon_core.redis_store.keys import WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks.scripts import transition


class Heartbeat:
    """The heartbeat of one worker."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._beat = Script(client, transition("heartbeat"))

    def beat(self, worker: str, threads: int) -> None:
        """Record that the worker lives, with so many threads for long tasks."""
        with redis_errors():
            self._beat((), [_member(worker, threads)])

    def end(self, worker: str, threads: int) -> None:
        """Remove the worker, which has ended."""
        with redis_errors():
            self._client.zrem(WORKERS, _member(worker, threads))


def _member(worker: str, threads: int) -> str:
    return f"{threads} {worker}"


def count_workers(client: redis.Redis) -> int:
    """Count the workers that live.

    Raises:
        TasksUnavailable: Redis does not answer.
    """
    with redis_errors():
        return int(Script(client, transition("count_workers"))())
