"""Lists as version 4 has them: a page of items, and the path of the next page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import Field
from pyramid.request import Request

from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.parameter_types import Integer

MAX_ITEMS = 200
DEFAULT_ITEMS = 50


class ListParams(Params):
    """Params of a list; those with filters inherit from it."""

    limit: Annotated[Integer, Field(ge=1, le=MAX_ITEMS)] = Field(
        DEFAULT_ITEMS, description="At most so many items"
    )
    cursor: str | None = Field(
        None, description="Where the list goes on, as `next` has it; it holds the filters"
    )


def listed(request: Request, items: Iterable[Any], next_path: str | None) -> dict[str, Any]:
    """Return the body of a list, and give the response the Link to its next page."""
    if next_path is not None:
        request.response.headers["Link"] = f'<{next_path}>; rel="next"'
    return {"items": list(items), "next": next_path}


def next_path(request: Request, limit: int, cursor: str | None) -> str | None:
    """Return the path of the next page of this list, with the URL prefix; None if there is none."""
    if cursor is None:
        return None
    path = quote(request.script_name + request.path_info)
    return f"{path}?{urlencode({'limit': limit, 'cursor': cursor})}"
