"""Declarations of resources and endpoints, of which routes, checks and documents are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pyramid.request import Request

from sysmon_core.api.framework.inputs import JSON, Reader
from sysmon_core.api.framework.work import AT_ONCE, Work
from sysmon_core.errors import SysmonError

View = Callable[[Request], Any]
Content = type[BaseModel] | Mapping[str, Any]  # the latter is a JSON schema


@dataclass(frozen=True)
class Answer:
    """A successful response of an endpoint.

    Args:
        content: the model or JSON schema of the body; None if there is no body.
        follow: OpenAPI links: an endpoint's id, and the name that both a part of its path and the
            member of the body which fills that part have.
    """

    content: Content | None = None
    follow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The declaration of one method of a resource.

    Args:
        view: takes a request and returns a response, or what is rendered as JSON.
        permission: what its caller needs.
        work: the class of work whose threads run the view; by default the view must never wait.
        cached: whether a response is repeated for the lifetime of the report that it shows.
        reads: the validator that makes the params from the request, if there are any.
        summary: a line for the API document.
        description: what a caller must know beyond that.
        answers: the successful responses, by status.
        raises: the errors that its services raise; ``errors.STATUS`` has their statuses.
    """

    view: View
    permission: str
    work: Work = AT_ONCE
    cached: bool = False
    reads: Reader | None = None
    summary: str
    description: str = ""
    answers: Mapping[int, Answer]
    raises: tuple[type[SysmonError], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One path with an endpoint per method; all other methods are refused.

    Args:
        name: the route's name.
        version: the version that the path belongs to; empty if it belongs to none.
        parts: a description of each part of the path that varies, by its name.
        head: whether HEAD is answered where GET is; not where GET starts something.
        media_type: the media type of its successful responses.
    """

    name: str
    path: str
    endpoints: Mapping[str, Endpoint]
    version: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    head: bool = True
    media_type: str = JSON

    def endpoint(self, method: str) -> Endpoint | None:
        """Return the endpoint that answers a method; that of GET for HEAD, be it to refuse it."""
        return self.endpoints.get("GET" if method == "HEAD" else method)

    def acts(self, method: str) -> bool:
        """Whether a request of this method starts, changes or stops something."""
        return method not in {"GET", "HEAD"} or not self.head

    def endpoint_id(self, method: str) -> str:
        """Return the unique name of an endpoint, as OpenAPI's operationId."""
        return f"{self.name}.{method.lower()}"
