"""The REST API: each version thin, on the same services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.config import Configurator

from sysmon_core.api import (
    docs,
    errors,
    health,
    openapi,
    prometheus,
    schemas,
    security,
    service,
    traffic,
    v1,
    v2,
    v3,
)
from sysmon_core.api.bundle import Services
from sysmon_core.api.dispatch import Dispatch
from sysmon_core.api.endpoints import Answer, Endpoint, Service
from sysmon_core.api.front_door import FrontDoor
from sysmon_core.api.guard import Guard
from sysmon_core.api.kept import Kept
from sysmon_core.api.metrics import link
from sysmon_core.api.pools import LOGIN, Pool
from sysmon_core.api.security import PUBLIC, USER
from sysmon_core.api.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from pyramid.request import Request

VERSIONS = {"v1": v1, "v2": v2, "v3": v3}


def make_wsgi(
    rules: Services, trusted_proxies: Iterable[str], hosts: Iterable[str]
) -> WSGIApplication:
    """The whole application, the front door included."""
    counted = prometheus.registry(rules.tasks.figures)
    watched = prometheus.service(counted, USER if rules.private else PUBLIC)
    listed = [*declared(rules), watched, docs.page(rules.swagger_ui)]
    about = {name: VERSIONS[name].SUMMARY for name in rules.versions}
    listed.append(openapi.service(listed, about))
    listed += docs.files(rules.swagger_ui)
    with Configurator(settings={}) as config:
        service.include(config, listed)
        security.include(config)
        errors.include(config)
        traffic.include(config)
    kept = Kept(Dispatch(config.make_wsgi_app(), listed))
    guard = Guard(kept, rules.logins, Pool(LOGIN).threads, *_guarded(rules))
    return FrontDoor(guard, trusted_proxies, hosts, Traffic(counted).saw)


def declared(rules: Services) -> list[Service]:
    """Every path of every version."""
    found = [Service(name="root", path="/", endpoints={"GET": _versions(rules.versions)})]
    found += health.services(rules.health)
    for name in rules.versions:
        found += VERSIONS[name].services(rules)
    return found


def _guarded(rules: Services) -> tuple[list[str], list[str]]:
    """Where nobody goes without credentials, and what of that all may see."""
    indexes = [f"/{name}/" for name in rules.versions if rules.private or name == "v3"]
    return [*indexes, *(["/metrics"] if rules.private else [])], indexes


def _versions(names: Iterable[str]) -> Endpoint:
    def view(request: Request) -> dict[str, list[dict[str, str]]]:
        return {"links": [link(name, request, name) for name in names]}

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="The versions of this API",
        answers={200: Answer(schemas.Links)},
    )
