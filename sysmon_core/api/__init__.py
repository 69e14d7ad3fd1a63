"""The REST API: each version thin, on the same services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.config import Configurator

from sysmon_core.api import schemas, versions
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import docs, health, own_metrics
from sysmon_core.api.framework import cornice_adapter, errors, permissions
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.links import link
from sysmon_core.api.framework.permissions import PUBLIC, USER
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.framework.work import LOGIN
from sysmon_core.api.openapi import endpoint
from sysmon_core.api.wsgi import access_log
from sysmon_core.api.wsgi.access_log import AccessLog
from sysmon_core.api.wsgi.authentication import Authentication
from sysmon_core.api.wsgi.basic import BasicAuthenticator
from sysmon_core.api.wsgi.dispatch import Dispatch
from sysmon_core.api.wsgi.front_door import FrontDoor
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.api.wsgi.response_cache import ResponseCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from pyramid.request import Request


def make_wsgi(
    deps: Dependencies, trusted_proxies: Iterable[str], hosts: Iterable[str]
) -> WSGIApplication:
    """The whole application, the front door included."""
    counted = own_metrics.registry(deps.tasks.figures)
    watched = own_metrics.resource(counted, USER if deps.private else PUBLIC)
    listed = [*declared(deps), watched, docs.page(deps.swagger_ui)]
    about = {one.name: one.summary for one in versions.load(deps.versions)}
    listed.append(endpoint.resource(listed, about))
    listed += docs.files(deps.swagger_ui)
    with Configurator(settings={}) as config:
        cornice_adapter.include(config, listed)
        permissions.include(config)
        errors.include(config)
        access_log.include(config)
    routes = RouteTable(listed)
    cache = ResponseCache(listed)
    app = cache.lookup(Dispatch(cache.fill(config.make_wsgi_app()), routes))
    authenticators = [BasicAuthenticator(deps.logins, Pool(LOGIN).threads)]
    guarded = Authentication(app, routes, authenticators)
    return FrontDoor(guarded, trusted_proxies, hosts, AccessLog(counted).saw)


def declared(deps: Dependencies) -> list[Resource]:
    """Every path of every version."""
    found = [Resource(name="root", path="/", endpoints={"GET": _versions(deps.versions)})]
    found += health.resources(deps.health)
    for version in versions.load(deps.versions):
        found += version.resources(deps)
    return found


def _versions(names: Iterable[str]) -> Endpoint:
    def view(request: Request) -> dict[str, list[dict[str, str]]]:
        return {"links": [link(name, request, name) for name in names]}

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="The versions of this API",
        answers={200: Answer(schemas.Links)},
    )
