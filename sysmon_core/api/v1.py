"""Version 1: synchronous, open to all unless the settings say otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.metrics import index, run_now
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.permissions import PUBLIC, USER

SUMMARY = "Version 1: synchronous"


def resources(deps: Dependencies) -> Iterator[Resource]:
    """The index and every metric."""
    yield Resource(name="v1", path="/v1/", endpoints={"GET": index("v1", deps.registry)})
    permission = USER if deps.private else PUBLIC
    for metric in deps.registry:
        yield Resource(
            name=f"v1.metric.{metric.name}",
            path=f"/v1/{metric.name}/",
            endpoints={"GET": run_now(metric, deps.executor, permission)},
        )
