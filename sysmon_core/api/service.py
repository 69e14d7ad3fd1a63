"""Makes Cornice services; the only place that names Cornice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cornice import Service
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.inputs import Validator, accepts_json
from sysmon_core.api.problems import problem
from sysmon_core.errors import Fault

PLACES = {"querystring": "query", "body": "body"}

View = Callable[[Request], Any]


@dataclass(frozen=True)
class Endpoint:
    """What answers one method of a service, and who may call it."""

    view: View
    permission: str
    validators: tuple[Validator, ...] = ()


def include(config: Configurator) -> None:
    """Let the configurator take services; errors are answered by views of our own."""
    config.add_settings({"handle_exceptions": False})
    config.include("cornice")


def add_service(
    config: Configurator,
    name: str,
    path: str,
    endpoints: Mapping[str, Endpoint],
    *,
    head: bool = True,
) -> None:
    """Add the service of one path: an endpoint per method, and 405 for all others.

    Without ``head``, HEAD is refused although GET is there: GET does something.
    """
    service = Service(name, path, renderer="json", error_handler=invalid)
    first = (accepts_json,) if head else (_refuse_head(endpoints), accepts_json)
    for method, endpoint in endpoints.items():
        service.add_view(
            method,
            endpoint.view,
            permission=endpoint.permission,
            validators=(*first, *endpoint.validators),
        )
    if not head:
        service.defined_methods.remove("HEAD")  # the list that Allow is made of
    config.add_cornice_service(service)


def _refuse_head(endpoints: Mapping[str, Endpoint]) -> Validator:
    """To Pyramid a view of GET is one of HEAD too."""

    def validate(request: Request, **_options: Any) -> None:
        if request.method == "HEAD":
            raise HTTPMethodNotAllowed(headers={"Allow": ", ".join(endpoints)})

    return validate


def invalid(request: Request) -> Response:
    """Answer what the validators found."""
    faults = [
        (PLACES[error["location"]], Fault(error["name"], error["description"]))
        for error in request.errors
    ]
    detail = "; ".join(f"{fault.name}: {fault.detail}" for _, fault in faults)
    return problem(request.environ, request.errors.status, detail, faults)
