"""Task: the record of a run in a worker, and what is asked and told of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sysmon_core.metrics.report import Report
from sysmon_core.running.sample import Sample


class State(StrEnum):
    """The state of a task; the last three are final, and a final state never changes."""

    QUEUED = "QUEUED"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"

    @property
    def final(self) -> bool:
        """Whether the task has ended."""
        return self in {State.SUCCESS, State.FAILURE, State.REVOKED}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task's record; times are of the clock that all records share, in seconds since 1970.

    Args:
        owner: the user who submitted it; empty for an anonymous task.
        repeatable: whether it is started again after its worker was lost.
        brief: whether its run is expected to take a few seconds only.
        host: the name of the host that it is for; empty for any.
        seconds: how long its run takes, by the metric's declaration; 0 if that is quick.
        error: why it failed, for people.
        code: the name of that failure's problem.
        created: when it was submitted; 0 in records of earlier versions.
        started: when its run began.
        ended: when it reached its final state.
        expires: when its record is removed.
        now: when the record was read.
        samples: how many samples have come.
        truncated: whether the oldest of these are not kept any more.
        revision: a text that changes whenever the task does, or what its run has given.
        report: the report of its run, once it has succeeded.
    """

    id: str
    metric: str
    params: Mapping[str, Any]
    owner: str = ""
    repeatable: bool = False
    brief: bool = False
    state: State = State.QUEUED
    error: str = ""
    host: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)
    code: str = field(default="", compare=False)
    created: float = field(default=0.0, compare=False)
    started: float | None = field(default=None, compare=False)
    ended: float | None = field(default=None, compare=False)
    expires: float | None = field(default=None, compare=False)
    now: float = field(default=0.0, compare=False)
    samples: int = field(default=0, compare=False)
    truncated: bool = field(default=False, compare=False)
    revision: str = field(default="", compare=False)
    report: Report | None = field(default=None, compare=False)  # one id has one report


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of a request that may come twice and is to be carried out once.

    Args:
        text: the key, as the client chose it.
        body_digest: tells two bodies apart.
    """

    text: str
    body_digest: str


@dataclass(frozen=True)
class SubmitOptions:
    """How a task is to be submitted, beyond what it runs.

    Args:
        start_within: seconds after which a task that has not begun is not wanted any more.
        key: the key of the request, if it has one.
    """

    start_within: float | None = None
    key: IdempotencyKey | None = None


@dataclass(frozen=True)
class Submission:
    """A task that was submitted, or that an earlier request with the same key had submitted."""

    task: Task
    repeated: bool = False


@dataclass(frozen=True)
class TaskQuery:
    """Which tasks are wanted.

    Args:
        owner: the user whose they are; None for all.
        states: their states; none for all.
        metric: the name of their metric; empty for all.
        host: the name of their host; empty for all.
        since: when they were submitted at the earliest.
    """

    owner: str | None = None
    states: tuple[State, ...] = ()
    metric: str = ""
    host: str = ""
    since: float = 0.0

    def selects(self, task: Task) -> bool:
        """Whether a task is wanted."""
        return (
            self.owner in {None, task.owner}
            and (not self.states or task.state in self.states)
            and self.metric in {"", task.metric}
            and self.host in {"", task.host}
            and task.created >= self.since
        )


@dataclass(frozen=True)
class TaskPage:
    """Some tasks of a list, the newest first.

    Args:
        end: the place in the list behind the last of them; None at its end.
    """

    tasks: Sequence[Task]
    end: str | None


@dataclass(frozen=True)
class Part:
    """What a run gave since the part before.

    Args:
        number: 1 for the first part of a run; each later one is greater.
        samples: samples, or parts of samples, in order.
    """

    number: int
    text: bytes = b""
    samples: Sequence[Sample] = ()


@dataclass(frozen=True)
class Output:
    """What a task has given so far.

    Args:
        task: with its report, once it has succeeded.
        samples: those that came while it ran.
        text: what came; empty once there is a report.
    """

    task: Task
    samples: Sequence[Sample] = ()
    text: str = ""


@dataclass(frozen=True)
class Figures:
    """Numbers of all tasks and workers.

    Args:
        open: how many tasks have not ended, by state.
        ended: how many tasks ever ended, by metric and final state.
        workers: how many workers live.
        heartbeat: the time of a worker's last heartbeat, in seconds since 1970.
    """

    open: Mapping[State, int]
    ended: Mapping[tuple[str, State], int]
    workers: int
    heartbeat: float | None
