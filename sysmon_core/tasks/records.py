"""The records of tasks in Redis, changed by guarded transitions alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import redis

from sysmon_core.errors import SysmonError
from sysmon_core.metrics.report import Report
from sysmon_core.redis_store.client import API_TIMEOUT_SECONDS, redis_errors
from sysmon_core.redis_store.keys import ENDED, LEASES, OPEN, STOPPED, TASK, WORKERS
from sysmon_core.redis_store.script import Script
from sysmon_core.services.tasks import Figures, State, Task
from sysmon_core.settings import Settings
from sysmon_core.tasks.heartbeat import count_workers, missing_programs
from sysmon_core.tasks.limits import Caps, error_text, refusal
from sysmon_core.tasks.queues import BRIEF, USERS_BRIEF, encode_message, queue_of
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.scripts import ending_constants, ending_transition, transition

CONFIRMATION_SECONDS = 0.4  # that a cancel waits for the processes to be gone
UNREADABLE = "The message of this task could not be read"


class RedisRecords:
    """One hash per task; finished tasks expire, the oldest early if there are too many."""

    def __init__(self, client: redis.Redis, results: ResultStore, settings: Settings) -> None:
        self._client = client
        self._results = results
        self._caps = Caps.of(settings)
        constants = ending_constants(settings, result_prefix=results.key(""))

        def ending(name: str) -> Script:
            return Script(client, ending_transition(name, constants))

        # redis-py's own script, not ours: a full Redis refuses a new task as a whole.
        self._submit = client.register_script(transition("submit"))
        self._start = Script(client, transition("start"))
        self._renew = Script(client, transition("renew"))
        self._resend = Script(client, transition("resend"))
        self._confirm_stopped = Script(client, transition("confirm_stopped"))
        self._finish = ending("finish")
        self._get = ending("get")
        self._cancel = ending("cancel")
        self._sweep = ending("sweep")
        self._discard_unreadable = ending("discard_unreadable")

    def submit(self, task: Task, client: str) -> None:
        """Record and queue a new task, both or neither, within the caps.

        A Redis that hung and runs the script later refuses the task: its client has gone.

        Raises:
            TooManyTasks: a cap is reached.
            TasksUnavailable: Redis does not answer, is full, or answered too late.
        """
        queue = queue_of(task)
        with redis_errors():
            seconds, microseconds = cast("tuple[int, int]", self._client.time())
            args: list[str | bytes | float] = [
                task.id,
                seconds + microseconds / 1e6 + API_TIMEOUT_SECONDS,
                self._caps.total,
                "" if task.owner else self._caps.anonymous,
                self._caps.per_client,
                client,
                queue,
                *encode_message(task.id, queue),
                *_fields(task),
            ]
            answer = cast("bytes", self._submit((), args)).decode()
        if answer != "OK":
            raise refusal(answer)

    def get(self, task_id: str) -> Task | None:
        """Return the task as it stands now, with its report if it has succeeded."""
        with redis_errors():
            fields, *result = self._get((), [task_id])
        return _task(task_id, fields, self._results.decode_result(result[0]) if result else None)

    def cancel(self, task_id: str) -> State | None:
        """End a task that has not ended, or remove one that has, with its result.

        The processes of a running task are mostly gone when this returns: it waits a moment for
        the worker's confirmation. Returns the state before; None if there was no task.
        """
        with redis_errors():
            answer = self._cancel((), [task_id])
        before = State(answer.decode()) if answer else None
        if before is State.STARTED:
            with contextlib.suppress(redis.RedisError):  # the task is cancelled all the same
                self._client.blpop([STOPPED + task_id], timeout=CONFIRMATION_SECONDS)
        return before

    def figures(self) -> Figures:
        """Count the tasks that there are and were, at about one moment."""
        with redis_errors(), self._client.pipeline(transaction=False) as pipe:
            pipe.zcard(OPEN)
            pipe.zcard(LEASES)
            pipe.hgetall(ENDED)
            pipe.zrange(WORKERS, -1, -1, withscores=True)
            waiting, running, ended, heartbeats = pipe.execute()
        return Figures(
            open={State.QUEUED: waiting - running, State.STARTED: running},
            ended={_ended(key.decode()): int(count) for key, count in ended.items()},
            workers=count_workers(self._client),
            heartbeat=heartbeats[0][1] if heartbeats else None,
        )

    def missing_programs(self) -> Sequence[Mapping[str, str]]:
        """Return what each live worker's host lacks, as the workers report it."""
        return missing_programs(self._client)

    def start(self, task_id: str, token: str) -> Task | None:
        """Begin the run of a task that waits; None if the task is not to be run."""
        with redis_errors():
            return _task(task_id, self._start((), [task_id, token]))

    def finish(self, task_id: str, token: str, outcome: Report | SysmonError) -> bool:
        """End the task by the outcome of its run; false if the run no longer had the task."""
        state, error = State.SUCCESS, ""
        if isinstance(outcome, SysmonError):
            state, error = State.FAILURE, error_text(outcome)
        result = self._results.encode_result(outcome)
        with redis_errors():
            return bool(self._finish((), (task_id, token, state.value, error, result)))

    def confirm_stopped(self, task_id: str) -> None:
        """Announce that no process of a cancelled task is left."""
        with redis_errors():
            self._confirm_stopped((), [task_id])

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Renew the leases of runs (id, token); return the tokens of runs that must stop."""
        args = [word for run in runs for word in run]
        with redis_errors():
            return {token.decode() for token in self._renew((), args)}

    def sweep(self) -> None:
        """End or retry the runs of lost workers, and send again what waits without a message."""
        with redis_errors():
            stray = self._sweep()
        for task_id in stray:
            self.resend(task_id.decode())

    def resend(self, task_id: str) -> None:
        """Send the message of a task that waits again: a second message does no harm."""
        with redis_errors():
            queue = cast("bytes", self._client.hget(TASK + task_id, "queue") or b"").decode()
            self._resend((), [task_id, queue, *encode_message(task_id, queue)])

    def discard_unreadable(self, queue: str, body: bytes) -> None:
        """Remove a message that cannot be read, and fail its task if that waits."""
        with redis_errors():
            self._discard_unreadable((), [queue, body, UNREADABLE])


def _fields(task: Task) -> list[str | int]:
    """Names and values of what a record has from the start."""
    return [
        *("metric", task.metric),
        *("params", json.dumps(dict(task.params))),
        *("owner", task.owner),
        *("repeatable", int(task.repeatable)),
    ]


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
