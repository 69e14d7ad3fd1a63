"""Numbers of all tasks and workers, for Prometheus."""

from __future__ import annotations

import redis

from sysmon_core.redis_store.client import redis_errors
from sysmon_core.redis_store.keys import ENDED, LEASES, OPEN, WORKERS
from sysmon_core.services.task import Figures, State
from sysmon_core.tasks.heartbeat import count_workers


def figures(client: redis.Redis) -> Figures:
    """Count the tasks that there are and were, at about one moment."""
    workers = count_workers(client)  # first: a client logs no failure of a pipeline
    with redis_errors(), client.pipeline(transaction=False) as pipe:
        pipe.zcard(OPEN)
        pipe.zcard(LEASES)
        pipe.hgetall(ENDED)
        pipe.zrange(WORKERS, -1, -1, withscores=True)
        waiting, running, ended, heartbeats = pipe.execute()
    return Figures(
        open={State.QUEUED: waiting - running, State.STARTED: running},
        ended={_ended(key.decode()): int(count) for key, count in ended.items()},
        workers=workers,
        heartbeat=heartbeats[0][1] if heartbeats else None,
    )


def _ended(key: str) -> tuple[str, State]:
    metric, _, state = key.rpartition(" ")
    return metric, State(state)
