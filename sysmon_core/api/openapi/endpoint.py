"""The endpoint of the API document, which is made at the first request.

It is made again when other metrics than before cannot be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pyramid.request import Request

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.work import DOCUMENT

Lacks = tuple[tuple[str, str], ...]  # endpoints that answer 501 now, by id, and why


def resource(others: Iterable[Resource], versions: Mapping[str, str]) -> Resource:
    """Declare the path of the document that describes these resources and itself.

    Args:
        others: the resources.
        versions: the summary of each version, by its name.
    """
    others = list(others)

    @lru_cache(maxsize=1)
    def document(lacks: Lacks) -> dict[str, Any]:
        # Imported late: openapi_pydantic takes as much memory as all of our own modules.
        from sysmon_core.api.openapi.document import describe  # noqa: PLC0415

        return describe([*others, own], versions, dict(lacks))

    def view(request: Request) -> dict[str, Any]:
        return document(_lacks(others)) | {"servers": [{"url": request.script_name or "/"}]}

    endpoint = Endpoint(
        view=view,
        permission=PUBLIC,
        work=DOCUMENT,
        summary="This document",
        answers={200: Answer({"type": "object", "description": "OpenAPI 3.1"})},
    )
    own = Resource(name="openapi", path="/openapi.json", endpoints={"GET": endpoint})
    return own


def _lacks(resources: Iterable[Resource]) -> Lacks:
    return tuple(
        (resource.endpoint_id(method), reason)
        for resource in resources
        for method, endpoint in resource.endpoints.items()
        if endpoint.unavailable and (reason := endpoint.unavailable())
    )
