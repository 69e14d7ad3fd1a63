"""Which workers live: each writes every other second that it does, and what its host lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import redis

from sysmon_core.redis_store.client import translated
from sysmon_core.redis_store.keys import MISSING, WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks import scripts
from sysmon_core.tasks.lua import BASE

REPORT_SECONDS = 60  # that a report outlives its worker: longer than a heartbeat counts


class Heartbeat:
    """The heartbeat of one worker.

    Args:
        missing: what the worker's host lacks: a sentence for each metric that cannot run there.
    """

    def __init__(self, client: redis.Redis, missing: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._missing = json.dumps(dict(missing or {}))
        self._beat = Script(client, BASE + scripts.BEAT)

    def beat(self, worker: str, threads: int) -> None:
        """Write that it lives, with so many threads for long tasks, and what its host lacks."""
        member = _member(worker, threads)
        with translated():
            self._beat((), [member, MISSING + member, self._missing, REPORT_SECONDS])

    def end(self, worker: str, threads: int) -> None:
        """Write that it does not live any more."""
        member = _member(worker, threads)
        with translated():
            self._client.zrem(WORKERS, member)
            self._client.delete(MISSING + member)


def _member(worker: str, threads: int) -> str:
    return f"{threads} {worker}"


def workers(client: redis.Redis) -> int:
    """How many workers live."""
    with translated():
        return int(Script(client, BASE + scripts.COUNT)())


def missing_programs(client: redis.Redis) -> Sequence[Mapping[str, str]]:
    """What the hosts of the live workers lack, as each of them reports it.

    A worker of an earlier version reports nothing.
    """
    with translated():
        reports = Script(client, BASE + scripts.REPORTS)((), [MISSING])
    return [json.loads(report) for report in reports]
