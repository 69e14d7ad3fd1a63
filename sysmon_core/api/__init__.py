"""The REST API: assembles the versions, and the middleware around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.config import Configurator

from sysmon_core.api import schemas, versions
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import docs, health, telemetry
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
from sysmon_core.api.wsgi.outermost import Outermost
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.api.wsgi.response_cache import ResponseCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from pyramid.request import Request


def make_wsgi(
    deps: Dependencies, trusted_proxies: Iterable[str], hosts: Iterable[str]
) -> WSGIApplication:
    """Assemble Pyramid and the middleware around it."""
    prometheus = telemetry.registry(deps.tasks.figures)
    metrics = telemetry.resource(prometheus, USER if deps.private else PUBLIC)
    listed = [*declared(deps), metrics, docs.page(deps.swagger_ui)]
    summaries = {one.name: one.summary for one in versions.load(deps.versions)}
    listed.append(endpoint.resource(listed, summaries))
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
    return Outermost(guarded, trusted_proxies, hosts, AccessLog(prometheus).on_response)


def declared(deps: Dependencies) -> list[Resource]:
    """Every path of every version, and those that belong to none."""
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
