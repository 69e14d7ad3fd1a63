"""What the tests of services share: a database of users, cheap passwords, the audit's lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sysmon_core.database import Database, migrations
from sysmon_core.services.availability import Availability
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.tasks import Tasks
from tests.conftest import LogLines
from tests.support.passwords import CountingPasswords
from tests.unit.services.tasks_in_memory import Memory

Audit = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def database(folder: Path) -> Database:
    made = Database(f"sqlite:///{folder}/users.sqlite")
    migrations.upgrade(made)
    return made


@pytest.fixture
def cheap() -> Passwords:
    return Passwords(time_cost=1, memory_cost=8)


@pytest.fixture
def passwords() -> Iterator[CountingPasswords]:
    counting = CountingPasswords()
    yield counting
    counting.gate.set()


@pytest.fixture
def audit(log_lines: LogLines) -> Audit:
    """The lines of the audit so far, but for what every line has."""

    def lines() -> list[dict[str, Any]]:
        found = [one for one in log_lines() if one["logger"] == "sysmon_core.services.audit"]
        every = {"timestamp", "level", "logger"}
        return [{key: one[key] for key in one if key not in every} for one in found]

    return lines


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def missing() -> list[dict[str, str]]:
    """What the hosts of workers lack."""
    return []


@pytest.fixture
def tasks(memory: Memory, missing: list[dict[str, str]]) -> Tasks:
    return Tasks(Availability(lambda: missing, lambda _: None), memory, task_limit=60)
