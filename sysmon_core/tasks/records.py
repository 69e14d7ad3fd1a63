"""The records of tasks in Redis, changed by the scripts of ``lua/`` alone."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import redis

from sysmon_core.errors import SysmonError, TasksUnavailable, code_of
from sysmon_core.metrics.report import Report
from sysmon_core.redis_store.client import API_TIMEOUT_SECONDS, redis_errors
from sysmon_core.redis_store.keys import (
    STOPPED,
    TASK,
    TASKS,
    TASKS_OF,
)
from sysmon_core.redis_store.script import Script
from sysmon_core.services.task import (
    Figures,
    IdempotencyKey,
    Output,
    Part,
    State,
    Submission,
    SubmitOptions,
    Task,
    TaskPage,
    TaskQuery,
)
from sysmon_core.services.task_records import NO_OPTIONS
from sysmon_core.settings import Settings
from sysmon_core.tasks import ends
from sysmon_core.tasks.encoding import fields_of, samples_of, task_of, words_of
from sysmon_core.tasks.figures import figures
from sysmon_core.tasks.heartbeat import unavailable
from sysmon_core.tasks.limits import UNREADABLE_CODE, OpenLimits, error_text, refusal
from sysmon_core.tasks.queues import encode_message, queue_of
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.scripts import (
    ending_constants,
    ending_transition,
    storing_transition,
    transition,
)

CONFIRMATION_SECONDS = 0.4  # that a cancel waits for the processes to be gone
MAX_LOOKED_AT = 500  # tasks that one call of the list looks at
UNREADABLE = "The message of this task could not be read"


class RedisRecords:
    """One hash per task; finished tasks expire, the oldest early if there are too many."""

    def __init__(self, client: redis.Redis, results: ResultStore, settings: Settings) -> None:
        self._client = client
        self._results = results
        self._open_limits = OpenLimits.of(settings)
        constants = ending_constants(settings, result_prefix=results.key(""))

        def ending(name: str) -> Script:
            return Script(client, ending_transition(name, constants))

        # redis-py's own script, not ours: a full Redis refuses a new task as a whole.
        self._submit = client.register_script(transition("submit"))
        # Likewise: the worker keeps what a full Redis does not take, until the end of its run.
        self._append = client.register_script(storing_transition("append", settings))
        self._key_seconds = settings.task_ttl
        self._samples_kept = settings.samples_kept
        self._renew = Script(client, transition("renew"))
        self._resend = Script(client, transition("resend"))
        self._confirm_stopped = ending("confirm_stopped")
        self._start = ending("start")
        self._finish = ending("finish")
        self._list = ending("list")
        self._output = ending("report")
        self._ended = ending("ended")
        self._get = ending("get")
        self._cancel = ending("cancel")
        self._sweep = ending("sweep")
        self._discard_unreadable = ending("discard_unreadable")

    def submit(self, task: Task, client: str, options: SubmitOptions = NO_OPTIONS) -> Submission:
        """Record and queue a new task, both or neither, within the limits.

        A Redis that hung and runs the script later refuses the task: its client has gone.

        Raises:
            TooManyTasks: a limit is reached.
            IdempotencyKeyReused: the key was used with another body.
            TasksUnavailable: Redis does not answer, is full, or answered too late.
        """
        queue = queue_of(task)
        with redis_errors():
            seconds, microseconds = cast("tuple[int, int]", self._client.time())
            args: list[str | bytes | float] = [
                task.id,
                seconds + microseconds / 1e6 + API_TIMEOUT_SECONDS,
                self._open_limits.total,
                "" if task.owner else self._open_limits.anonymous,
                self._open_limits.per_client,
                client,
                queue,
                *encode_message(task.id, queue),
                "" if options.start_within is None else options.start_within,
                *self._key_words(client, options.key),
                *fields_of(task),
            ]
            answer, *found = cast("list[bytes]", self._submit((), args))
        if answer == b"OK":
            now = float(found[1])
            return Submission(replace(task, created=now, now=now, revision="QUEUED-0"))
        if answer == b"SAME" and (earlier := self.get(found[0].decode(), report=False)):
            return Submission(earlier, repeated=True)
        raise refusal(answer.decode())

    def _key_words(self, client: str, key: IdempotencyKey | None) -> tuple[str, str, int]:
        if key is None:
            return "", "", 0
        name = hashlib.sha256(f"{client} {key.text}".encode()).hexdigest()
        return name, key.body_digest, self._key_seconds

    def get(self, task_id: str, *, report: bool = True) -> Task | None:
        """Return the task as it stands now, with its report if it has succeeded."""
        with redis_errors():
            fields, now, *result = self._get((), [task_id, int(report)])
        found = self._results.decode_result(result[0]) if result and result[0] else None
        return task_of(task_id, fields, now, found)

    def list(self, query: TaskQuery, limit: int, end: str | None = None) -> TaskPage:
        """List tasks from the end of an earlier page on, the newest first."""
        states = f" {' '.join(query.states)} " if query.states else ""
        index = TASKS if query.owner is None else f"{TASKS_OF}user {query.owner}"
        args = [index, end or "+inf", limit, MAX_LOOKED_AT, states]
        with redis_errors():
            last, now, *found = self._list((), [*args, query.metric, query.host, query.since])
        tasks = (task_of(task_id.decode(), fields, now) for task_id, *fields in found)
        return TaskPage([one for one in tasks if one], last.decode() if last else None)

    def output(self, task_id: str, after: int | None = None) -> Output | None:
        """Return what a task has given so far; None if there is no such task."""
        with redis_errors():
            words = [task_id, "" if after is None else after]
            fields, now, result, elements, text = self._output((), words)
        report = self._results.decode_result(result) if result else None
        task = task_of(task_id, fields, now, report)
        if task is None:
            return None
        samples = samples_of(elements)
        kept = [one for one in samples if one.index >= task.samples - self._samples_kept]
        if after is not None:
            kept = [one for one in kept if one.index > after]
        return Output(task, kept, text.decode("utf-8", "replace"))

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

    def listen(self, on_end: Callable[[str], None]) -> None:
        """Have a function called with the id of each task that ends, by a thread of its own."""
        ends.listen(self._client, on_end)

    def ended(self, task_ids: Collection[str]) -> Collection[str]:
        """Find those of these tasks that have ended, or that there are no more."""
        with contextlib.suppress(TasksUnavailable), redis_errors():
            return [task_id.decode() for task_id in self._ended((), [*task_ids])]
        return []

    def figures(self) -> Figures:
        """Count the tasks that there are and were, at about one moment."""
        return figures(self._client)

    def unavailable(self) -> Sequence[Mapping[str, str]]:
        """Return what each live worker's host lacks, as the workers report it."""
        return unavailable(self._client)

    def start(self, task_id: str, token: str) -> Task | None:
        """Begin the run of a task that waits; None if the task is not to be run."""
        with redis_errors():
            found = self._start((), [task_id, token])
        return task_of(task_id, *found) if found else None

    def append(self, parts: Iterable[tuple[str, str, Part]]) -> None:
        """Store what has come of runs (id, token, part); a part that is stored already is not."""
        args = [
            word for task_id, token, part in parts for word in (task_id, token, *words_of(part))
        ]
        with redis_errors():
            self._append((), args)

    def finish(
        self,
        task_id: str,
        token: str,
        outcome: Report | SysmonError,
        parts: Sequence[Part] = (),
    ) -> bool:
        """End the task by the outcome of its run; false if the run no longer had the task."""
        state, error, code = State.SUCCESS, "", ""
        if isinstance(outcome, SysmonError):
            state, error, code = State.FAILURE, error_text(outcome), code_of(type(outcome))
        result = self._results.encode_result(outcome)
        stored = [word for part in parts for word in words_of(part)]
        with redis_errors():
            words = (task_id, token, state.value, error, code, result, *stored)
            return bool(self._finish((), words))

    def confirm_stopped(self, task_id: str, token: str = "", parts: Sequence[Part] = ()) -> None:
        """Announce that no process of a cancelled task is left; store what came until then."""
        stored = [word for part in parts for word in words_of(part)]
        with redis_errors():
            self._confirm_stopped((), [task_id, token, *stored])

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
            self._discard_unreadable((), [queue, body, UNREADABLE, UNREADABLE_CODE])
