"""The records of tasks in Redis, changed by guarded transitions alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

import redis

from sysmon_core.errors import SysmonError, TasksUnavailable, TooManyTasks
from sysmon_core.services.readings import Result
from sysmon_core.services.tasks import Figures, State, Task
from sysmon_core.settings import Settings
from sysmon_core.tasks import scripts
from sysmon_core.tasks.connection import IMPATIENT, translated
from sysmon_core.tasks.keys import CANCELLED, ENDED, HEARTBEATS, LEASES, OPEN, STOPPED, TASK
from sysmon_core.tasks.messages import BRIEF, LONG, ResultStore, sealed

LEASE = 15  # seconds without a sign of life after which a worker is suspected to be lost
PATIENCE = 5  # seconds that the suspicion must last: a worker that lives renews in between
ERROR_LENGTH = 2000  # characters of a reason: not a dump
CONFIRMATION = 0.4  # seconds that a cancel waits for the processes to be gone

REFUSALS: dict[bytes, tuple[type[SysmonError], str]] = {
    b"LATE": (TasksUnavailable, "Tasks are not available: Redis took too long"),
    b"ALL": (TooManyTasks, "All places for tasks are taken: try again later"),
    b"CLIENT": (
        TooManyTasks,
        "You have as many open tasks as one may have: cancel one or wait for one to end",
    ),
}


class RedisRecords:
    """One hash per task; finished ones expire."""

    def __init__(self, client: redis.Redis, results: ResultStore, settings: Settings) -> None:
        self._client = client
        self._results = results
        self._ttl = settings.task_ttl
        self._caps = (settings.tasks_open, settings.tasks_per_client)
        self._submit = client.register_script(scripts.SUBMIT)
        self._start = client.register_script(scripts.START)
        self._finish = client.register_script(scripts.FINISH)
        self._get = client.register_script(scripts.GET)
        self._cancel = client.register_script(scripts.CANCEL)
        self._renew = client.register_script(scripts.RENEW)
        self._sweep = client.register_script(scripts.SWEEP)
        self._resend = client.register_script(scripts.RESEND)
        self._bury = client.register_script(scripts.BURY)

    def submit(self, task: Task, client: str) -> None:
        """Record a new task and queue it, both or neither, within the caps.

        A Redis that hung and runs the script later finds it late: nobody waits for it any more.
        """
        queue = BRIEF if task.brief else LONG
        fields: dict[str, str | int] = {
            "metric": task.metric,
            "params": json.dumps(dict(task.params)),
            "owner": task.owner,
            "repeatable": int(task.repeatable),
        }
        with translated():
            seconds, microseconds = cast("tuple[int, int]", self._client.time())
            latest = seconds + microseconds / 1e6 + IMPATIENT
            flat = [word for pair in fields.items() for word in pair]
            args: list[str | bytes | float] = [
                task.id,
                latest,
                *self._caps,
                client,
                queue,
                *sealed(task.id, queue),
                *flat,
            ]
            answer = self._submit((), args)
        if answer in REFUSALS:
            error, reason = REFUSALS[answer]
            raise error(reason)

    def get(self, task_id: str) -> Task | None:
        """The task as it stands now."""
        with translated():
            return _task(task_id, self._get((), [task_id, PATIENCE, self._ttl]))

    def result(self, task_id: str) -> Result | None:
        """What a successful run gave, while it is kept."""
        return self._results.get(task_id)

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or remove one that has, with its result.

        A running one's processes are mostly gone when this returns: it waits a moment for
        the worker to say so.
        """
        args: list[str | int] = [task_id, self._ttl, self._results.key(task_id)]
        with translated():
            before = self._cancel((), args)
        if before == State.STARTED.value.encode():
            with contextlib.suppress(redis.RedisError):  # it is cancelled, whoever confirms it
                self._client.blpop([STOPPED + task_id], timeout=CONFIRMATION)

    def figures(self) -> Figures:
        """How many tasks there are and were, at about one moment."""
        with translated(), self._client.pipeline(transaction=False) as pipe:
            pipe.zcard(OPEN)
            pipe.zcard(LEASES)
            pipe.hgetall(ENDED)
            pipe.zrange(HEARTBEATS, -1, -1, withscores=True)
            waiting, running, ended, heartbeats = pipe.execute()
        return Figures(
            open={State.QUEUED: waiting - running, State.STARTED: running},
            ended={_ended(key.decode()): int(count) for key, count in ended.items()},
            workers=workers(self._client),
            heartbeat=heartbeats[0][1] / 1000 if heartbeats else None,
        )

    def start(self, task_id: str, token: str) -> Task | None:
        """Take a queued task for the run that ``token`` names; None if it is not to be run."""
        with translated():
            return _task(task_id, self._start((), [task_id, token, LEASE]))

    def finish(self, task_id: str, token: str, outcome: Result | SysmonError) -> bool:
        """Write what the run came to; false if the task had been ended by another."""
        failed = isinstance(outcome, SysmonError)
        state, error = (State.FAILURE, str(outcome)) if failed else (State.SUCCESS, "")
        reason = error[:ERROR_LENGTH].encode("utf-8", "replace")
        result = (self._results.key(task_id), self._results.packed(outcome))
        with translated():
            end = (task_id, token, state.value, reason, self._ttl, *result)
            return bool(self._finish((), end))

    def confirm_stopped(self, task_id: str) -> None:
        """Tell whoever cancelled the task that no process of it is left."""
        with translated(), self._client.pipeline() as pipe:
            pipe.rpush(STOPPED + task_id, 1)
            pipe.expire(STOPPED + task_id, 10)
            pipe.execute()

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Prolong the leases of these runs (id, token); return the tokens of those to stop."""
        args: list[str | int] = [LEASE, *(word for run in runs for word in run)]
        with translated():
            return {token.decode() for token in self._renew((), args)}

    def sweep(self) -> None:
        """Judge runs whose worker may be lost, and send again what waits without a message."""
        with translated():
            stray = self._sweep((), [PATIENCE, self._ttl])
        for task_id in stray:
            self.resend(task_id.decode())

    def resend(self, task_id: str) -> None:
        """Send a task that waits once more: two messages of one task do no harm."""
        with translated():
            queue = cast("bytes", self._client.hget(TASK + task_id, "queue") or b"").decode()
            self._resend((), [task_id, queue, *sealed(task_id, queue)])

    def bury(self, queue: str, body: bytes) -> None:
        """Take out a message that cannot be read; its task, if it has one, has failed."""
        reason = "The message of this task could not be read"
        with translated():
            self._bury((), [queue, body, reason, self._ttl])


def workers(client: redis.Redis) -> int:
    """How many workers listen on this Redis."""
    with translated():
        counts: Any = client.pubsub_numsub(CANCELLED)
        return int(counts[0][1])


def _ended(key: str) -> tuple[str, State]:
    metric, _, state = key.rpartition(" ")
    return metric, State(state)


def _pairs(flat: list[bytes]) -> Iterator[tuple[str, str]]:
    words = [word.decode() for word in flat]
    return zip(words[::2], words[1::2], strict=True)


def _task(task_id: str, flat: list[bytes] | None) -> Task | None:
    if not flat:
        return None
    fields = dict(_pairs(flat))
    return Task(
        id=task_id,
        metric=fields["metric"],
        params=json.loads(fields["params"]),
        owner=fields["owner"],
        repeatable=fields["repeatable"] == "1",
        brief=fields["queue"] == BRIEF,
        state=State(fields["state"]),
        error=fields.get("error", ""),
    )
