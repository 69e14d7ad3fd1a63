"""The records of tasks in Redis, changed by guarded transitions alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import cast

import redis

from sysmon_core.errors import SysmonError, TasksUnavailable, TooManyTasks
from sysmon_core.metrics.report import Report
from sysmon_core.redis_store.client import IMPATIENT, translated
from sysmon_core.redis_store.keys import ENDED, LEASES, OPEN, STOPPED, TASK, WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.services.tasks import Figures, State, Task
from sysmon_core.settings import Settings
from sysmon_core.tasks import scripts
from sysmon_core.tasks.heartbeat import workers
from sysmon_core.tasks.lua import BASE, half, prelude
from sysmon_core.tasks.messages import BRIEF, USERS_BRIEF, ResultStore, queue_of, sealed

ERROR_LENGTH = 2000  # characters of a reason: not a dump
CONFIRMATION = 0.4  # seconds that a cancel waits for the processes to be gone

REFUSALS: dict[bytes, tuple[type[SysmonError], str]] = {
    b"LATE": (TasksUnavailable, "Tasks are not available: Redis took too long"),
    b"ALL": (TooManyTasks, "All places for tasks are taken: try again later"),
    b"ANONYMOUS": (
        TooManyTasks,
        "All places for tasks that belong to no user are taken: try again later",
    ),
    b"CLIENT": (
        TooManyTasks,
        "You have as many open tasks as one may have: cancel one or wait for one to end",
    ),
}


class RedisRecords:
    """One hash per task; finished ones expire, the oldest early if they are too many."""

    def __init__(self, client: redis.Redis, results: ResultStore, settings: Settings) -> None:
        self._client = client
        self._results = results
        self._caps = (settings.tasks_open, half(settings.tasks_open), settings.tasks_per_client)
        common = prelude(settings, results)
        # The library's own: a full Redis refuses what is new, and nothing is left of it.
        self._submit = client.register_script(BASE + scripts.SUBMIT)
        self._start = Script(client, common + scripts.START)
        self._finish = Script(client, common + scripts.FINISH)
        self._get = Script(client, common + scripts.GET)
        self._cancel = Script(client, common + scripts.CANCEL)
        self._confirm = Script(client, scripts.CONFIRM)
        self._renew = Script(client, common + scripts.RENEW)
        self._sweep = Script(client, common + scripts.SWEEP)
        self._resend = Script(client, BASE + scripts.RESEND)
        self._bury = Script(client, common + scripts.BURY)

    def submit(self, task: Task, client: str) -> None:
        """Record a new task and queue it, both or neither, within the caps.

        A Redis that hung and runs the script later finds it late: nobody waits for it any more.
        """
        queue = queue_of(task)
        most, most_anonymous, most_of_client = self._caps
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
                most,
                "" if task.owner else most_anonymous,
                most_of_client,
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
            fields, *result = self._get((), [task_id])
        return _task(task_id, fields, self._results.unpacked(result[0]) if result else None)

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or remove one that has, with its result.

        A running one's processes are mostly gone when this returns: it waits a moment for
        the worker to say so.
        """
        with translated():
            before = self._cancel((), [task_id])
        if before == State.STARTED.value.encode():
            with contextlib.suppress(redis.RedisError):  # it is cancelled, whoever confirms it
                self._client.blpop([STOPPED + task_id], timeout=CONFIRMATION)

    def figures(self) -> Figures:
        """How many tasks there are and were, at about one moment."""
        with translated(), self._client.pipeline(transaction=False) as pipe:
            pipe.zcard(OPEN)
            pipe.zcard(LEASES)
            pipe.hgetall(ENDED)
            pipe.zrange(WORKERS, -1, -1, withscores=True)
            waiting, running, ended, heartbeats = pipe.execute()
        return Figures(
            open={State.QUEUED: waiting - running, State.STARTED: running},
            ended={_ended(key.decode()): int(count) for key, count in ended.items()},
            workers=workers(self._client),
            heartbeat=heartbeats[0][1] if heartbeats else None,
        )

    def start(self, task_id: str, token: str) -> Task | None:
        """Take a queued task for the run that ``token`` names; None if it is not to be run."""
        with translated():
            return _task(task_id, self._start((), [task_id, token]))

    def finish(self, task_id: str, token: str, outcome: Report | SysmonError) -> bool:
        """Write what the run came to; false if the task had been ended by another."""
        failed = isinstance(outcome, SysmonError)
        state, error = (State.FAILURE, str(outcome)) if failed else (State.SUCCESS, "")
        reason = error[:ERROR_LENGTH].encode("utf-8", "replace")
        end = (task_id, token, state.value, reason, self._results.packed(outcome))
        with translated():
            return bool(self._finish((), end))

    def confirm_stopped(self, task_id: str) -> None:
        """Tell whoever cancelled the task that no process of it is left."""
        with translated():
            self._confirm((), [STOPPED + task_id])

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Prolong the leases of these runs (id, token); return the tokens of those to stop."""
        args = [word for run in runs for word in run]
        with translated():
            return {token.decode() for token in self._renew((), args)}

    def sweep(self) -> None:
        """Judge runs whose worker may be lost, and send again what waits without a message."""
        with translated():
            stray = self._sweep()
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
            self._bury((), [queue, body, reason])


def _ended(key: str) -> tuple[str, State]:
    metric, _, state = key.rpartition(" ")
    return metric, State(state)


def _pairs(flat: list[bytes]) -> Iterator[tuple[str, str]]:
    words = [word.decode() for word in flat]
    return zip(words[::2], words[1::2], strict=True)


def _task(task_id: str, flat: list[bytes] | None, report: Report | None = None) -> Task | None:
    if not flat:
        return None
    fields = dict(_pairs(flat))
    return Task(
        id=task_id,
        metric=fields["metric"],
        params=json.loads(fields["params"]),
        owner=fields["owner"],
        repeatable=fields["repeatable"] == "1",
        brief=fields["queue"] in {BRIEF, USERS_BRIEF},
        state=State(fields["state"]),
        error=fields.get("error", ""),
        report=report,
    )
