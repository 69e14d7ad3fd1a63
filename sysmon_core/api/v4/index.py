"""The index of version 4: links to what there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pyramid.request import Request

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.links import link
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.v4 import schemas
from sysmon_core.api.versions import Version


def index(version: Version, resources: Sequence[Resource]) -> Endpoint:
    """Declare the index, which links to each resource one part below it."""
    first_level = re.compile(rf"/{version.name}/[^/{{]+/?")
    routes = {
        one.name.removeprefix(version.route("")).strip("."): one.name
        for one in resources
        if first_level.fullmatch(one.path)
    }

    def view(request: Request) -> dict[str, Any]:
        return {"links": [link(rel, request, route) for rel, route in routes.items()]}

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="What this version has",
        answers={200: Answer(schemas.Links)},
    )
