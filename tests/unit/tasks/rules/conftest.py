"""The records of tasks, in Redis and in memory, and faults of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from sysmon_core.redis_store.keys import ENDED_TASKS
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.settings import Settings
from sysmon_core.tasks.limits import LEASE_SECONDS, SUSPICION_SECONDS
from sysmon_core.tasks.memory_records import MemoryRecords
from tests.conftest import until
from tests.support.clock import Clock
from tests.unit.tasks.conftest import LONG_SECONDS, PLAIN, Faults, RedisFaults

ID = PLAIN.id

Told = Callable[[], list[str]]


class MemoryFaults:
    """Faults by the passing of time."""

    def __init__(self, records: MemoryRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def end_lease(self) -> None:
        self._clock.now += LEASE_SECONDS + 2

    def lose_worker(self) -> None:
        self.end_lease()
        self._records.get(ID)
        self._clock.now += SUSPICION_SECONDS + 2

    def end_wait(self) -> None:
        self._clock.now += LONG_SECONDS


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture(params=["redis", "memory"])
def records(request: pytest.FixtureRequest, few_tasks: Settings, clock: Clock) -> WorkerRecords:
    """The records that are tried, with room for three open tasks, two of them of one client."""
    if request.param == "memory":
        return MemoryRecords(few_tasks, clock)
    found: WorkerRecords = request.getfixturevalue("redis_records")
    return found


@pytest.fixture
def faults(request: pytest.FixtureRequest, records: WorkerRecords, clock: Clock) -> Faults:
    if isinstance(records, MemoryRecords):
        return MemoryFaults(records, clock)
    return RedisFaults(request.getfixturevalue("client"))


@pytest.fixture
def told(
    request: pytest.FixtureRequest, records: WorkerRecords
) -> Iterator[Callable[[], list[str]]]:
    """The ids of tasks whose ends were told so far."""
    ids: list[str] = []
    if isinstance(records, MemoryRecords):
        records.listen(ids.append)
        yield lambda: ids
        return
    client = request.getfixturevalue("client")
    with client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(ENDED_TASKS)
        until(lambda: client.pubsub_numsub(ENDED_TASKS) == [(ENDED_TASKS.encode(), 1)])

        def heard() -> list[str]:
            while (message := channel.get_message()) is not None:
                ids.append(message["data"].decode())
            return ids

        yield heard
