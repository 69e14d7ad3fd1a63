"""What the tests of services share: a database of users, cheap passwords, the audit's lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sysmon_core.database import Database, migrations
from sysmon_core.services.passwords import Passwords
from tests.conftest import LogLines

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
def audit(log_lines: LogLines) -> Audit:
    """The lines of the audit so far, but for what every line has."""

    def lines() -> list[dict[str, Any]]:
        found = [one for one in log_lines() if one["logger"] == "sysmon_core.services.audit"]
        every = {"timestamp", "level", "logger"}
        return [{key: one[key] for key in one if key not in every} for one in found]

    return lines
