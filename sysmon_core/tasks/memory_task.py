"""MemoryTask: one task's record in this process's memory, and what its run has given so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sysmon_core.metrics.samples import SampleList
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part, State, Task


@dataclass
class MemoryTask:
    """A record that changes; times are in seconds since 1970.

    Args:
        client: its client, whose open tasks are counted.
        order: greater than that of each task before.
        start_by: when its run is to begin at the latest.
        token: that of the last run.
        starts: how many runs there were.
    """

    task: Task
    client: str
    order: int
    start_by: float = math.inf
    token: str = ""
    starts: int = 0
    lease_end: float = 0.0
    suspected: float | None = None
    expiry: float = math.inf
    _changes: int = 0
    _part: int = 0  # the number of the last that is stored
    _text: bytes = b""
    _samples: SampleList = field(default_factory=SampleList)

    @property
    def text(self) -> str:
        """The text that its run has given so far; once it has succeeded, the report has it."""
        done = self.task.state is State.SUCCESS
        return "" if done else self._text.decode("utf-8", "replace")

    def read(self, now: float) -> Task:
        """Return the task as a client sees it."""
        revision = f"{self.task.state}-{self._changes}"
        return replace(self.task, now=now, revision=revision)

    def has(self, token: str) -> bool:
        """Whether the run of this token goes on."""
        return self.task.state is State.STARTED and self.token == token

    def change(self, **fields: Any) -> None:
        """Change fields of the task."""
        self.task = replace(self.task, **fields)
        self._changes += 1

    def begin(self, token: str, now: float) -> None:
        """Begin a run; what an earlier one gave is dropped."""
        self.token, self.starts = token, self.starts + 1
        self._part, self._text, self._samples = 0, b"", SampleList()
        self.change(state=State.STARTED, started=now, samples=0)

    def store(self, parts: Iterable[Part]) -> None:
        """Store what its run has given; a part that is stored already is not."""
        for part in parts:
            if part.number > self._part:
                self._part = part.number
                self._text += part.text
                for sample in part.samples:
                    self._samples(sample)
                self.change(samples=self._count())

    def end(self, state: State, error: str, code: str, *, now: float, ttl: float) -> None:
        """Give it a final state."""
        self.expiry = now + ttl
        self.change(state=state, error=error, code=code, ended=now, expires=self.expiry)

    def samples(self, kept: int, after: int | None) -> Sequence[Sample]:
        """Return the newest samples: so many at most, and those with a greater index alone."""
        least = max(self._count() - kept, 0 if after is None else after + 1)
        return [one for one in self._samples.samples if one.index >= least]

    def _count(self) -> int:
        found = self._samples.samples
        return found[-1].index + 1 if found else 0
