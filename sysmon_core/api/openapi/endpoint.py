"""The endpoint of the API document, which is made at the first request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pyramid.request import Request

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.work import DOCUMENT


def resource(others: Iterable[Resource], versions: Mapping[str, str]) -> Resource:
    """Declare the path of the document that describes these resources and itself.

    Args:
        others: the resources.
        versions: the summary of each version, by its name.
    """
    others = list(others)

    @cache
    def document() -> dict[str, Any]:
        # Imported late: openapi_pydantic takes as much memory as all of our own modules.
        from sysmon_core.api.openapi.document import describe  # noqa: PLC0415

        return describe([*others, own], versions)

    def view(request: Request) -> dict[str, Any]:
        return document() | {"servers": [{"url": request.script_name or "/"}]}

    endpoint = Endpoint(
        view=view,
        permission=PUBLIC,
        work=DOCUMENT,
        summary="This document",
        answers={200: Answer({"type": "object", "description": "OpenAPI 3.1"})},
    )
    own = Resource(name="openapi", path="/openapi.json", endpoints={"GET": endpoint})
    return own
