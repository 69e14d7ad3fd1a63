"""The REST API: each version thin, on the same services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.config import Configurator

from sysmon_core.api import errors, security, service, v1, v2, v3
from sysmon_core.api.bundle import Services
from sysmon_core.api.front_door import FrontDoor
from sysmon_core.api.metrics import link
from sysmon_core.api.security import PUBLIC
from sysmon_core.api.service import Endpoint, View, add_service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from pyramid.request import Request

VERSIONS = {"v1": v1.include, "v2": v2.include, "v3": v3.include}


def make_wsgi(
    services: Services, trusted_proxies: Iterable[str], hosts: Iterable[str]
) -> WSGIApplication:
    """The whole application, the front door included."""
    with Configurator(settings={}) as config:
        service.include(config)
        security.include(config, services.users)
        errors.include(config)
        add_service(config, "root", "/", {"GET": Endpoint(_versions(list(VERSIONS)), PUBLIC)})
        for include in VERSIONS.values():
            include(config, services)
    return FrontDoor(config.make_wsgi_app(), trusted_proxies, hosts)


def _versions(names: list[str]) -> View:
    def view(request: Request) -> dict[str, list[dict[str, str]]]:
        return {"links": [link(name, request, name) for name in names]}

    return view
