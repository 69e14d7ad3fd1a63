"""Version 2: long runs become tasks; version 3 has the same for users."""

from __future__ import annotations

from pyramid.config import Configurator

from sysmon_core.api.bundle import Services
from sysmon_core.api.inputs import query, query_and_body
from sysmon_core.api.metrics import index, run_now, submit
from sysmon_core.api.security import PUBLIC
from sysmon_core.api.service import Endpoint, add_service
from sysmon_core.api.tasks import cancel, show


def include(config: Configurator, services: Services) -> None:
    """Add the index, every metric and the tasks."""
    add_service(config, "v2", "/v2/", {"GET": Endpoint(index("v2", services.registry), PUBLIC)})
    add_metrics_and_tasks(config, services, "v2", PUBLIC, owned=False)


def add_metrics_and_tasks(
    config: Configurator, services: Services, version: str, permission: str, *, owned: bool
) -> None:
    """Add every metric, and the tasks, those that users own only if ``owned``."""
    for metric in services.registry:
        name, path = f"{version}.metric.{metric.name}", f"/{version}/{metric.name}/"
        given = query(metric.params)
        if metric.long:
            view = submit(version, metric, services.tasks)
            sent = query_and_body(metric.params, services.body_limit)
            endpoints = {
                "GET": Endpoint(view, permission, (given,)),
                "POST": Endpoint(view, permission, (sent,)),
            }
            add_service(config, name, path, endpoints, head=False)
        else:
            view = run_now(metric, services.collection)
            add_service(config, name, path, {"GET": Endpoint(view, permission, (given,))})
    task = {
        "GET": Endpoint(show(version, services.tasks, owned=owned), permission),
        "DELETE": Endpoint(cancel(services.tasks, owned=owned), permission),
    }
    add_service(config, f"{version}.task", f"/{version}/task/{{task_id}}", task)
