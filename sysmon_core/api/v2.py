"""Version 2: long runs become tasks; version 3 has the same for users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.bundle import Services
from sysmon_core.api.endpoints import Endpoint, Service
from sysmon_core.api.inputs import Query, QueryAndBody, Reader
from sysmon_core.api.metrics import index, run_now, submit
from sysmon_core.api.security import PUBLIC, USER
from sysmon_core.api.tasks import cancel, show
from sysmon_core.metric import Metric

SUMMARY = "Version 2: long runs become tasks"


def services(rules: Services) -> Iterator[Service]:
    """The index, every metric and the tasks."""
    yield Service(name="v2", path="/v2/", endpoints={"GET": index("v2", rules.registry)})
    permission = USER if rules.private else PUBLIC
    yield from metrics_and_tasks(rules, "v2", permission, owned=False)


def metrics_and_tasks(
    rules: Services, version: str, permission: str, *, owned: bool
) -> Iterator[Service]:
    """Every metric, and the tasks, those that users own only if ``owned``."""
    for metric in rules.registry:
        yield Service(
            name=f"{version}.metric.{metric.name}",
            path=f"/{version}/{metric.name}/",
            endpoints=_of_metric(rules, version, metric, permission),
            head=not metric.long,
        )
    yield Service(
        name=f"{version}.task",
        path=f"/{version}/task/{{task_id}}",
        parts={"task_id": "The id of a task"},
        endpoints={
            "GET": show(version, rules.tasks, permission, owned=owned),
            "DELETE": cancel(rules.tasks, permission, owned=owned),
        },
    )


def _of_metric(
    rules: Services, version: str, metric: Metric, permission: str
) -> dict[str, Endpoint]:
    if not metric.long:
        return {"GET": run_now(metric, rules.collection, permission)}
    readers: dict[str, Reader] = {
        "GET": Query(metric.params),
        "POST": QueryAndBody(metric.params, rules.body_limit),
    }
    return {
        method: submit(version, metric, rules.tasks, permission, reads)
        for method, reads in readers.items()
    }
