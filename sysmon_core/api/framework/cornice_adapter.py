"""Makes Cornice services of what is declared; the only place that names Cornice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cornice
from cornice.util import current_service
from pyramid.config import Configurator
from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request

from sysmon_core.api.framework.csrf import from_here
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.inputs import Accepts, Validator


def include(config: Configurator, resources: Iterable[Resource]) -> None:
    """Let the configurator take services, and add these; errors have views of our own."""
    config.add_settings({"handle_exceptions": False})
    config.include("cornice")
    _keep_one_class(config)
    for resource in resources:
        _add(config, resource)


class _Request(Request):  # type: ignore[misc]  # Pyramid ships no types
    """A request with what Cornice adds to each.

    Pyramid makes a class for each request to which anything is added, in an eighth of the time that
    the request takes.
    """

    @reify  # type: ignore[untyped-decorator]  # likewise
    def current_service(self) -> Any:
        """The service that answers, for Cornice itself."""
        return current_service(self)


def _keep_one_class(config: Configurator) -> None:
    config.set_request_factory(_Request)
    config.commit()
    del config.registry.getUtility(IRequestExtensions).descriptors["current_service"]


def _add(config: Configurator, declared: Resource) -> None:
    """Add the service of one path: an endpoint per method, and 405 for all others."""
    service = cornice.Service(declared.name, declared.path, renderer="json")
    first: tuple[Validator, ...] = (Accepts(declared.media_type),)
    if not declared.head:
        first = (_refuse_head(declared.endpoints), *first)
    for method, endpoint in declared.endpoints.items():
        validators = (*first, endpoint.reads) if endpoint.reads else first
        if declared.acts(method):
            validators = (from_here, *validators)
        service.add_view(
            method, endpoint.view, permission=endpoint.permission, validators=validators
        )
    if not declared.head:
        service.defined_methods.remove("HEAD")  # the list that Allow is made of
    config.add_cornice_service(service)
    # Cornice also lists every service that was ever made, for documents of its own: an application
    # would live, with all it has opened, as long as the process.
    cornice.service.SERVICES.remove(service)


def _refuse_head(methods: Iterable[str]) -> Validator:
    """To Pyramid a view of GET is one of HEAD too."""

    def validate(request: Request, **_options: Any) -> None:
        if request.method == "HEAD":
            raise HTTPMethodNotAllowed(headers={"Allow": ", ".join(methods)})

    return validate
