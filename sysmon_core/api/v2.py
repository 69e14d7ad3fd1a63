"""Version 2: long runs become tasks; version 3 has the same for users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.runs import index, run_now, schema_name, submit
from sysmon_core.api.endpoints.tasks import cancel, show
from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.inputs import Query, QueryAndBody, Reader
from sysmon_core.api.versions import Version
from sysmon_core.metrics.metric import Metric


def resources(deps: Dependencies) -> Iterator[Resource]:
    """Declare the index, every metric that is open to all and the tasks."""
    yield VERSION.resource("", "", {"GET": index(VERSION, VERSION.metrics(deps.registry))})
    yield from metrics_and_tasks(VERSION, deps)


def metrics_and_tasks(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare every metric and the tasks of a version whose long runs become tasks."""
    for metric in version.metrics(deps.registry):
        yield version.resource(
            f"metric.{metric.name}",
            f"{metric.name}/",
            _of_metric(version, deps, metric),
            head=not metric.long,
        )
    permission = version.permission(private=deps.private)
    yield version.resource(
        "task",
        "task/{task_id}",
        {
            "GET": show(version, deps.tasks, permission),
            "DELETE": cancel(version, deps.tasks, permission),
        },
        {"task_id": "The id of a task"},
    )


def _of_metric(version: Version, deps: Dependencies, metric: Metric) -> dict[str, Endpoint]:
    permission = version.permission(metric.access, private=deps.private)
    if not metric.long:
        return {"GET": run_now(metric, deps.executor, permission)}
    readers: dict[str, Reader] = {
        "GET": Query(metric.params, schema_name(metric)),
        "POST": QueryAndBody(metric.params, deps.body_limit, schema_name(metric)),
    }
    return {
        method: submit(version, metric, deps.tasks, permission, reads)
        for method, reads in readers.items()
    }


VERSION = Version(
    name="v2", summary="Version 2: long runs become tasks", tasks=True, resources=resources
)
