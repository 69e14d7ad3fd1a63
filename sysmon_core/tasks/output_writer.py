"""Stores what running tasks give while they run: all tasks of a worker in one command."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from sysmon_core.errors import TasksUnavailable
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part

TICK_SECONDS = 0.1  # between two looks for what has come
WRITE_SECONDS = 1.0  # between two writes of one task
# From what comes first to its write: else a heading would be written at once, and its rows, which
# are read after a pause (running/process.py), a second later, each time.
GATHER_SECONDS = 0.3
RETRY_SECONDS = 1.0  # until the next attempt while Redis is away or full

logger = logging.getLogger(__name__)


class Appends(Protocol):
    """Stores what has come of runs: records do."""

    def append(self, parts: Iterable[tuple[str, str, Part]]) -> None:
        """Store parts, as ``WorkerRecords`` says."""


class RunOutput:
    """What one run has given and is not stored yet; its methods are called by any thread."""

    def __init__(self, task_id: str, token: str, changed: threading.Event) -> None:
        self.task_id = task_id
        self.token = token
        self._changed = changed
        self._lock = threading.Lock()
        self._text = bytearray()
        self._samples: list[Sample] = []
        self._sent: Part | None = None  # until it is known to be stored
        self._number = 0
        self._next_write = 0.0
        self._gathered = math.inf  # when what has come may be written
        self._closed = False

    def hear(self, text: bytes) -> None:
        """Take a part of the text."""
        with self._lock:
            if not self._closed:  # else a function that was given up goes on
                self._text += text
        self._changed.set()

    def hear_sample(self, sample: Sample) -> None:
        """Take a sample, or a part of one.

        Raises:
            TypeError, ValueError: its rows are no JSON. What cannot be stored would keep the parts
                of all other runs from being stored.
        """
        json.dumps(sample.rows, allow_nan=False)
        with self._lock:
            if not self._closed:
                self._samples.append(sample)
        self._changed.set()

    def due(self, now: float) -> Part | None:
        """Return the part to store now, if there is one and the last write is old enough.

        What comes is gathered for a moment, from when this is first asked. The same part is
        returned again until it is stored: the records know it by its number.
        """
        with self._lock:
            if not (self._sent or self._new()):
                return None
            self._gathered = min(self._gathered, now + GATHER_SECONDS)
            if now < max(self._next_write, self._gathered):
                return None
            self._gathered = math.inf
            self._next_write = now + WRITE_SECONDS
            self._sent = self._sent or self._take()
            return self._sent

    def stored(self) -> None:
        """Forget the part that was due."""
        with self._lock:
            self._sent = None

    def rest(self) -> Sequence[Part]:
        """Return all that is not known to be stored, at the end of the run; take no more."""
        with self._lock:
            self._closed = True
            return [*([self._sent] if self._sent else ()), *([self._take()] if self._new() else ())]

    def is_pending(self) -> bool:
        """Whether something is not known to be stored."""
        with self._lock:
            return bool(self._sent or self._new())

    def _new(self) -> bool:
        return bool(self._text or self._samples)

    def _take(self) -> Part:
        self._number += 1
        part = Part(self._number, bytes(self._text), tuple(self._samples))
        self._text, self._samples = bytearray(), []
        return part


class OutputWriter:
    """The thread that stores what runs give, started by the first of them.

    It sleeps while nothing comes. What Redis does not take is kept, within the limit of a run's
    output, and is stored later, at the end of the run at the latest.
    """

    def __init__(self, records: Appends) -> None:
        self._records = records
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._outputs: set[RunOutput] = set()
        self._thread: threading.Thread | None = None
        self._warned = False

    def open(self, task_id: str, token: str) -> RunOutput:
        """Begin to store what a run gives."""
        output = RunOutput(task_id, token, self._changed)
        with self._lock:
            self._outputs.add(output)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
        return output

    def close(self, output: RunOutput) -> Sequence[Part]:
        """End that; return what is not known to be stored."""
        with self._lock:
            self._outputs.discard(output)
        return output.rest()

    def _run(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            while self._write():
                time.sleep(TICK_SECONDS)

    def _write(self) -> bool:
        """Store what is due; true if there is more to store."""
        now = time.monotonic()
        with self._lock:
            outputs = [*self._outputs]
        due = [(one, part) for one in outputs if (part := one.due(now))]
        try:
            if due:
                self._records.append((one.task_id, one.token, part) for one, part in due)
        except TasksUnavailable as error:
            self._warn(error)
            time.sleep(RETRY_SECONDS)
            return True
        self._warned = False
        for one, _ in due:
            one.stored()
        return any(one.is_pending() for one in outputs)

    def _warn(self, error: TasksUnavailable) -> None:
        if not self._warned:
            logger.warning("what tasks give cannot be stored yet: %s", error)
        self._warned = True
