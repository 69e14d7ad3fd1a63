"""Version 1: synchronous, open to all unless the settings say otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.bundle import Services
from sysmon_core.api.endpoints import Service
from sysmon_core.api.metrics import index, run_now
from sysmon_core.api.security import PUBLIC, USER

SUMMARY = "Version 1: synchronous"


def services(rules: Services) -> Iterator[Service]:
    """The index and every metric."""
    yield Service(name="v1", path="/v1/", endpoints={"GET": index("v1", rules.registry)})
    permission = USER if rules.private else PUBLIC
    for metric in rules.registry:
        yield Service(
            name=f"v1.metric.{metric.name}",
            path=f"/v1/{metric.name}/",
            endpoints={"GET": run_now(metric, rules.collection, permission)},
        )
