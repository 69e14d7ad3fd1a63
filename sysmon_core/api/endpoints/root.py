"""The path ``/``: the versions of the API; browsers are sent to the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from sysmon_core.api import schemas
from sysmon_core.api.framework.accept import best_offer
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.inputs import JSON
from sysmon_core.api.framework.links import link, path_of
from sysmon_core.api.framework.pages import HOME_ROUTE, HTML
from sysmon_core.api.framework.permissions import PUBLIC


def resource(versions: Iterable[str], *, with_pages: bool) -> Resource:
    """Declare the path; ``versions`` are the names of those that are served."""
    answers = {200: Answer(schemas.Links, media_types=(JSON,))}
    if with_pages:
        answers[303] = Answer(headers=("Location",))  # to a browser
    endpoint = Endpoint(
        view=_view(tuple(versions), with_pages=with_pages),
        permission=PUBLIC,
        media_types=(JSON, HTML) if with_pages else (JSON,),
        summary="The versions of this API",
        answers=answers,
    )
    return Resource(name="root", path="/", endpoints={"GET": endpoint})


def _view(versions: Iterable[str], *, with_pages: bool) -> Any:
    def view(request: Request) -> Any:
        if with_pages:
            request.response.vary = ("Accept",)
            if best_offer(request, (JSON, HTML)) == HTML:
                return HTTPSeeOther(path_of(request, HOME_ROUTE), vary=("Accept",))
        return {"links": [link(name, request, name) for name in versions]}

    return view
