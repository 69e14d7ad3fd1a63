"""Pages: what a browser shows to people, and how their problems are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource

HTML = "text/html"
HOME_ROUTE = "ui"  # the route of the first page
Problem = Mapping[str, Any]  # the members of a problem, as JSON would have them


@dataclass(frozen=True)
class Pages:
    """The pages that are served beside the API.

    Args:
        resources: their paths.
        show_problem: makes the response to a request, by its WSGI environ, that shows a problem.
    """

    resources: Sequence[Resource]
    show_problem: Callable[[Mapping[str, Any], Problem], Response]
