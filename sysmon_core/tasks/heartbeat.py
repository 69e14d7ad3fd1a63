"""Heartbeats: each worker records every other second that it lives, and what its host lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import redis

from sysmon_core.redis_store.client import redis_errors
from sysmon_core.redis_store.keys import UNAVAILABLE, WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks.scripts import transition

REPORT_SECONDS = 60  # that a report outlives its worker: longer than a heartbeat counts


class Heartbeat:
    """The heartbeat of one worker.

    Args:
        lacks: what the worker's host lacks: a sentence for each metric that cannot run there.
    """

    def __init__(self, client: redis.Redis, lacks: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._lacks = json.dumps(dict(lacks or {}))
        self._beat = Script(client, transition("heartbeat"))

    def beat(self, worker: str, threads: int) -> None:
        """Record that the worker lives, its threads for long tasks, and what its host lacks."""
        with redis_errors():
            self._beat((), [_member(worker, threads), self._lacks, REPORT_SECONDS])

    def end(self, worker: str, threads: int) -> None:
        """Remove the worker, which has ended."""
        member = _member(worker, threads)
        with redis_errors():
            self._client.zrem(WORKERS, member)
            self._client.delete(UNAVAILABLE + member)


def _member(worker: str, threads: int) -> str:
    return f"{threads} {worker}"


def count_workers(client: redis.Redis) -> int:
    """Count the workers that live.

    Raises:
        TasksUnavailable: Redis does not answer.
    """
    with redis_errors():
        return int(Script(client, transition("count_workers"))())


def unavailable(client: redis.Redis) -> Sequence[Mapping[str, str]]:
    """Return what the hosts of the live workers lack, as each of them reports it.

    A worker of an earlier version reports nothing.

    Raises:
        TasksUnavailable: Redis does not answer.
    """
    with redis_errors():
        reports = Script(client, transition("unavailable"))()
    return [json.loads(report) for report in reports]
