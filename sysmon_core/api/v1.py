"""Version 1: synchronous, open to all unless the settings say otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.runs import index, run_now
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.versions import Version, with_tasks


def resources(deps: Dependencies) -> Iterator[Resource]:
    """Declare the index and every metric that is open to all."""
    metrics = VERSION.metrics(deps.registry)
    yield VERSION.resource("", "", {"GET": index(VERSION, metrics)})
    elsewhere = with_tasks(deps.versions)
    for metric in metrics:
        permission = VERSION.permission(metric.access, private=deps.private)
        endpoint = run_now(metric, deps.executor, permission, elsewhere)
        yield VERSION.resource(f"metric.{metric.name}", f"{metric.name}/", {"GET": endpoint})


VERSION = Version(name="v1", summary="Version 1: synchronous", resources=resources)
