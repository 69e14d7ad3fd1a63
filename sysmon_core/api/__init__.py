"""The REST API: assembles the versions, and the middleware around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.config import Configurator

from sysmon_core.api import versions
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import docs, health, problems, prometheus, root
from sysmon_core.api.framework import cornice_adapter, errors, permissions, route_mapper
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.pages import Pages
from sysmon_core.api.framework.permissions import PUBLIC, USER
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.framework.work import LOGIN, WAITED
from sysmon_core.api.openapi import endpoint
from sysmon_core.api.wsgi import access_log
from sysmon_core.api.wsgi.access_log import AccessLog
from sysmon_core.api.wsgi.authentication import Authentication, Authenticator
from sysmon_core.api.wsgi.basic import BasicAuthenticator
from sysmon_core.api.wsgi.bearer import BearerAuthenticator
from sysmon_core.api.wsgi.dispatch import Dispatch
from sysmon_core.api.wsgi.outermost import Outermost
from sysmon_core.api.wsgi.page_problems import PageProblems
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.api.wsgi.response_cache import ResponseCache
from sysmon_core.api.wsgi.session import SessionAuthenticator
from sysmon_core.api.wsgi.tls_only import TlsOnly
from sysmon_core.api.wsgi.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication


def make_wsgi(
    deps: Dependencies,
    trusted_proxies: Iterable[str],
    hosts: Iterable[str],
    pages: Pages | None = None,
) -> WSGIApplication:
    """Assemble Pyramid and the middleware around it."""
    collectors = prometheus.registry(deps.tasks.figures)
    scraped = prometheus.resource(collectors, USER if deps.private else PUBLIC)
    listed = [*declared(deps, with_pages=pages is not None), scraped, docs.page(deps.swagger_ui)]
    summaries = {one.name: one.summary for one in versions.load(deps.versions)}
    listed.append(endpoint.resource(listed, summaries))
    listed += docs.files(deps.swagger_ui)
    listed += pages.resources if pages else ()
    routes = RouteTable(listed)
    with Configurator(settings={}) as config:
        route_mapper.include(config, routes)
        cornice_adapter.include(config, listed)
        permissions.include(config)
        errors.include(config)
        access_log.include(config)
    cache = ResponseCache(listed)
    inner = cache.lookup_or_fill(config.make_wsgi_app())
    inner = Waiting(inner, deps.waiting_room, Pool(WAITED).threads)
    app = cache.lookup(Dispatch(inner, routes))
    pool = Pool(LOGIN)
    authenticators: list[Authenticator] = [
        BasicAuthenticator(deps.logins, pool),
        BearerAuthenticator(deps.token_logins, pool),
        SessionAuthenticator(deps.sessions, pool),
    ]
    authenticated = Authentication(app, routes, authenticators, deps.last_seen)
    guarded = TlsOnly(authenticated) if deps.tls_only else authenticated
    shown = PageProblems(guarded, pages) if pages else guarded
    return Outermost(shown, trusted_proxies, hosts, AccessLog(collectors).on_response)


def declared(deps: Dependencies, *, with_pages: bool = False) -> list[Resource]:
    """List every path of every version, and those that belong to none."""
    found = [root.resource(deps.versions, with_pages=with_pages)]
    found += [*health.resources(deps.health), *problems.resources()]
    for version in versions.load(deps.versions):
        found += version.resources(deps)
    return found
