"""A worker of tasks in memory: threads of this process instead of Dramatiq's, for tests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from sysmon_core.tasks.memory_records import MemoryRecords
from sysmon_core.tasks.task_runner import TaskRunner

CHECK_SECONDS = 0.05  # between two looks for cancelled runs, and for the end of the worker


@contextlib.contextmanager
def memory_worker(records: MemoryRecords, runner: TaskRunner, threads: int = 4) -> Iterator[None]:
    """Run the tasks of these records, until the end of the block."""
    closing = threading.Event()

    def work() -> None:
        while not closing.is_set():
            task_id = records.take(CHECK_SECONDS)
            if task_id is not None:
                runner.run(task_id)

    def watch() -> None:
        while not closing.wait(CHECK_SECONDS):
            runner.abandon(records.renew(runner.running()))
            records.sweep()

    started = [threading.Thread(target=one, daemon=True) for one in (watch, *[work] * threads)]
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        closing.set()
        runner.close()
        for thread in started:
            thread.join()
