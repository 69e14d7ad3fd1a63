"""Version 1: synchronous, open to all."""

from __future__ import annotations

from pyramid.config import Configurator

from sysmon_core.api.bundle import Services
from sysmon_core.api.inputs import query
from sysmon_core.api.metrics import index, run_now
from sysmon_core.api.security import PUBLIC
from sysmon_core.api.service import Endpoint, add_service


def include(config: Configurator, services: Services) -> None:
    """Add the index and every metric."""
    add_service(config, "v1", "/v1/", {"GET": Endpoint(index("v1", services.registry), PUBLIC)})
    for metric in services.registry:
        endpoint = Endpoint(run_now(metric, services.collection), PUBLIC, (query(metric.params),))
        add_service(config, f"v1.metric.{metric.name}", f"/v1/{metric.name}/", {"GET": endpoint})
