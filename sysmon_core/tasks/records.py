"""The records of tasks in Redis, changed by guarded transitions alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import redis

from sysmon_core.services.tasks import State, Task
from sysmon_core.tasks import scripts
from sysmon_core.tasks.connection import translated

PREFIX = "sysmon:task:"
LEASES = "sysmon:leases"
CANCELLED = "sysmon:cancelled"  # the channel that names tasks whose run must stop
STOPPED = "sysmon:stopped:"  # a list per task: an element once its processes are gone

LEASE = 30  # seconds without a sign of life after which a worker counts as lost
CONFIRMATION = 0.4  # seconds that a cancel waits for the processes to be gone
WORKER_LOST = "The worker that ran this task was lost"


class RedisRecords:
    """One hash per task; finished ones expire after ``ttl`` seconds.

    ``result_key`` tells where a task's result lies: it is removed with the record.
    """

    def __init__(self, client: redis.Redis, ttl: int, result_key: Callable[[str], str]) -> None:
        self._client = client
        self._ttl = ttl
        self._result_key = result_key
        self._start = client.register_script(scripts.START)
        self._finish = client.register_script(scripts.FINISH)
        self._get = client.register_script(scripts.GET)
        self._cancel = client.register_script(scripts.CANCEL)
        self._renew = client.register_script(scripts.RENEW)

    def create(self, task: Task) -> None:
        """Keep a new task."""
        fields = {
            "metric": task.metric,
            "params": json.dumps(dict(task.params)),
            "owner": task.owner,
            "state": task.state.value,
        }
        with translated():
            self._client.hset(PREFIX + task.id, mapping=fields)

    def get(self, task_id: str) -> Task | None:
        """The task as it stands now; one whose worker is gone has failed."""
        args: list[str | int] = [task_id, WORKER_LOST, self._ttl]
        with translated():
            return _task(task_id, self._get([PREFIX + task_id, LEASES], args))

    def remove(self, task_id: str) -> None:
        """Forget a task, as well as this can be done now: its message will find no record."""
        with translated():
            self._client.delete(PREFIX + task_id)

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or remove one that has, with its result.

        A running one's processes are mostly gone when this returns: it waits a moment for
        the worker to say so.
        """
        keys = [PREFIX + task_id, LEASES, self._result_key(task_id)]
        with translated():
            before = self._cancel(keys, [task_id, self._ttl, CANCELLED])
            if before == State.STARTED.value.encode():
                self._client.blpop([STOPPED + task_id], timeout=CONFIRMATION)

    def start(self, task_id: str, token: str) -> Task | None:
        """Take a queued task for the run that ``token`` names; None if it is not to be run."""
        with translated():
            return _task(task_id, self._start([PREFIX + task_id, LEASES], [token, task_id, LEASE]))

    def finish(self, task_id: str, token: str, state: State, error: str = "") -> bool:
        """Write the end of the run; false if the task had been ended by another."""
        args: list[str | bytes | int] = [
            token,
            task_id,
            state.value,
            error.encode("utf-8", "replace"),
            self._ttl,
        ]
        with translated():
            return bool(self._finish([PREFIX + task_id, LEASES], args))

    def confirm_stopped(self, task_id: str) -> None:
        """Tell whoever cancelled the task that no process of it is left."""
        with translated(), self._client.pipeline() as pipe:
            pipe.rpush(STOPPED + task_id, 1)
            pipe.expire(STOPPED + task_id, 10)
            pipe.execute()

    def workers(self) -> int:
        """How many workers listen."""
        with translated():
            counts: Any = self._client.pubsub_numsub(CANCELLED)
            return int(counts[0][1])

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Prolong the leases of these runs (id, token); return the tokens of those to stop."""
        args: list[str | int] = [LEASE, PREFIX, *(word for run in runs for word in run)]
        with translated():
            return {token.decode() for token in self._renew([LEASES], args)}


def _task(task_id: str, flat: list[bytes] | None) -> Task | None:
    if not flat:
        return None
    words = [word.decode() for word in flat]
    fields = dict(zip(words[::2], words[1::2], strict=True))
    return Task(
        task_id,
        fields["metric"],
        json.loads(fields["params"]),
        fields["owner"],
        State(fields["state"]),
        fields.get("error", ""),
    )
