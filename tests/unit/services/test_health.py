from __future__ import annotations

import pytest

from sysmon_core.errors import DatabaseUnavailable, NotReady, WorkerMissing
from sysmon_core.services.health import Check, Health


def fine() -> None:
    pass


def failing(error: Exception) -> Check:
    def check() -> None:
        raise error

    return check


def test_a_service_with_all_its_parts_is_ready() -> None:
    Health({}).require()
    Health({"Redis": fine, "worker": fine}).require()


def test_every_part_that_is_missing_or_cannot_be_used_is_named() -> None:
    checks = {
        "worker": failing(WorkerMissing("none")),
        "Redis": failing(NotReady("Redis is full")),
        "disk": fine,
        "database": failing(DatabaseUnavailable("locked")),
    }
    with pytest.raises(NotReady, match=r"^Not there: worker, database; Redis is full$"):
        Health(checks).require()


def test_a_fault_of_ours_is_no_missing_part() -> None:
    with pytest.raises(ZeroDivisionError):
        Health({"Redis": failing(ZeroDivisionError())}).require()
