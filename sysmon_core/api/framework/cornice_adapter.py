"""Adapter to Cornice: makes a service of each declared resource. Only this module names Cornice."""

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

from sysmon_core.api.framework.accept import Accepts
from sysmon_core.api.framework.csrf import reject_cross_site
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.inputs import Validator


def include(config: Configurator, resources: Iterable[Resource]) -> None:
    """Set up Cornice, and add a service for each resource; errors have views of our own."""
    config.add_settings({"handle_exceptions": False})
    config.include("cornice")
    _use_one_class(config)
    for resource in resources:
        _add(config, resource)


class _Request(Request):  # type: ignore[misc]  # Pyramid ships no types
    """A request with the attributes that Cornice would add to each as an extension.

    For a request with extensions Pyramid makes a class of its own, which takes an eighth of the
    request's time.
    """

    @reify  # type: ignore[untyped-decorator]  # likewise
    def current_service(self) -> Any:
        """Return the service that answers; Cornice reads it."""
        return current_service(self)


def _use_one_class(config: Configurator) -> None:
    config.set_request_factory(_Request)
    config.commit()
    del config.registry.getUtility(IRequestExtensions).descriptors["current_service"]


def _add(config: Configurator, declared: Resource) -> None:
    """Add the service of one path: an endpoint for each method, and 405 for all others."""
    service = cornice.Service(declared.name, declared.path, renderer="json")
    first: tuple[Validator, ...] = () if declared.head else (_refuse_head(declared.endpoints),)
    for method, endpoint in declared.endpoints.items():
        accepts = Accepts(declared.media_types_of(endpoint))
        validators = (*first, accepts, *filter(None, (endpoint.reads,)))
        if declared.acts(method):
            validators = (reject_cross_site, *validators)
        service.add_view(
            method, endpoint.view, permission=endpoint.permission, validators=validators
        )
    if not declared.head:
        service.defined_methods.remove("HEAD")  # the list that Allow is made of
    config.add_cornice_service(service)
    # Cornice keeps every service in a list of the module, for documents of its own: an application
    # would live, with all it has opened, as long as the process.
    cornice.service.SERVICES.remove(service)


def _refuse_head(methods: Iterable[str]) -> Validator:
    """Return a validator that refuses HEAD, which Pyramid would give to the view of GET."""

    def validate(request: Request, **_options: Any) -> None:
        if request.method == "HEAD":
            raise HTTPMethodNotAllowed(headers={"Allow": ", ".join(methods)})

    return validate
