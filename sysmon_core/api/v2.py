"""Version 2: long runs become tasks; version 3 has the same for users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.metrics import index, run_now, submit
from sysmon_core.api.endpoints.tasks import cancel, show
from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.inputs import Query, QueryAndBody, Reader
from sysmon_core.api.framework.permissions import PUBLIC, USER
from sysmon_core.metrics.metric import Metric

SUMMARY = "Version 2: long runs become tasks"


def resources(deps: Dependencies) -> Iterator[Resource]:
    """The index, every metric and the tasks."""
    yield Resource(name="v2", path="/v2/", endpoints={"GET": index("v2", deps.registry)})
    permission = USER if deps.private else PUBLIC
    yield from metrics_and_tasks(deps, "v2", permission, owned=False)


def metrics_and_tasks(
    deps: Dependencies, version: str, permission: str, *, owned: bool
) -> Iterator[Resource]:
    """Every metric, and the tasks, those that users own only if ``owned``."""
    for metric in deps.registry:
        yield Resource(
            name=f"{version}.metric.{metric.name}",
            path=f"/{version}/{metric.name}/",
            endpoints=_of_metric(deps, version, metric, permission),
            head=not metric.long,
        )
    yield Resource(
        name=f"{version}.task",
        path=f"/{version}/task/{{task_id}}",
        parts={"task_id": "The id of a task"},
        endpoints={
            "GET": show(version, deps.tasks, permission, owned=owned),
            "DELETE": cancel(deps.tasks, permission, owned=owned),
        },
    )


def _of_metric(
    deps: Dependencies, version: str, metric: Metric, permission: str
) -> dict[str, Endpoint]:
    if not metric.long:
        return {"GET": run_now(metric, deps.executor, permission)}
    readers: dict[str, Reader] = {
        "GET": Query(metric.params),
        "POST": QueryAndBody(metric.params, deps.body_limit),
    }
    return {
        method: submit(version, metric, deps.tasks, permission, reads)
        for method, reads in readers.items()
    }
