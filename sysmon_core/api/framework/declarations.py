"""Declarations of resources and endpoints; routes, checks and documents are made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pyramid.request import Request

from sysmon_core.api.framework.inputs import JSON, Reader
from sysmon_core.api.framework.work import IMMEDIATE, Work
from sysmon_core.errors import SysmonError
from sysmon_core.services.grants import Grant, Scope

View = Callable[[Request], Any]
SCHEMAS_PATH = "#/components/schemas/"  # in the API document, of those that have a name


@dataclass(frozen=True)
class NamedSchema:
    """A JSON schema that has a name in the API document, as models have it.

    Args:
        uses: what it refers to, by ``SCHEMAS_PATH`` and its name.
    """

    name: str
    schema: Mapping[str, Any]
    uses: tuple[NamedSchema | type[BaseModel], ...] = ()

    @property
    def reference(self) -> dict[str, str]:
        """A schema that refers to this one."""
        return {"$ref": SCHEMAS_PATH + self.name}


Content = type[BaseModel] | NamedSchema | Mapping[str, Any]  # the latter is a JSON schema
CONDITION = "If-None-Match"


@dataclass(frozen=True)
class Answer:
    """A successful response of an endpoint.

    Args:
        content: the model or JSON schema of the body; None if there is no body.
        follow: OpenAPI links: an endpoint's id, and the name that both a part of its path and the
            member of the body which fills that part have.
        formats: the body in media types for which it is another one.
        headers: those that it may have, of ``openapi.headers.RESPONSE``.
        media_types: those of the body, if not all of its endpoint's.
    """

    content: Content | None = None
    follow: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, Content] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The declaration of one method of a resource.

    Args:
        view: takes a request and returns a response, or what is rendered as JSON.
        permission: what its caller needs.
        scope: what the credentials of its caller must permit, where a user is needed.
        metric: the name of the metric that it is about, if it is about one.
        checks_metric: whether its view finds out which metric a request is about, and refuses it
            if the credentials do not hold for that (``permissions.require_metric_of``). An endpoint
            with neither refuses credentials that hold for some metrics alone.
        work: the class of work whose threads run the view; by default the view must never wait.
        cached: whether a response is repeated for the lifetime of the report that it shows.
        reads: the validator that makes the params from the request, if there are any.
        headers: request headers that the view heeds, of ``openapi.headers.REQUEST``; with
            ``CONDITION`` among them it may answer 304.
        media_types: the media types of its successful responses, the preferred one first, if they
            are not those of its resource.
        summary: a line for the API document.
        description: what a caller must know beyond that.
        unavailable: says why what it runs cannot be had now, for the API document; it may block.
        answers: the successful responses, by status.
        raises: the errors that its services raise; ``errors.STATUS`` has their statuses.
    """

    view: View
    permission: str
    scope: Scope = Scope.ALL
    metric: str = ""
    checks_metric: bool = False
    work: Work = IMMEDIATE
    cached: bool = False
    reads: Reader | None = None
    headers: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    summary: str
    description: str = ""
    unavailable: Callable[[], str | None] | None = None
    answers: Mapping[int, Answer]
    raises: tuple[type[SysmonError], ...] = ()

    def lacking(self, grant: Grant) -> str | None:
        """Say what the token does not permit that the endpoint needs; None if nothing.

        A password permits whatever the user may do.
        """
        if grant.scope < self.scope:
            has, needs = grant.scope.word, self.scope.word
            remedy = f"create one with --scope {needs}"
            return f"The token has the scope {has}, and this needs {needs}: {remedy}"
        if self.checks_metric or grant.holds_for(self.metric):
            return None
        metrics = f"metric{'s' * (len(grant.metrics) > 1)} {', '.join(grant.metrics)}"
        remedy = f"with --metric {self.metric}" if self.metric else "without --metric"
        return f"The token holds for the {metrics} alone: create one {remedy}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One path with an endpoint per method; all other methods are refused.

    Args:
        name: the route's name.
        version: the version that the path belongs to; empty if it belongs to none.
        parts: a description of each part of the path that varies, by its name.
        head: whether HEAD is answered where GET is; not where GET starts something.
        media_types: the media types of its successful responses, the preferred one first; an
            endpoint may have others.
    """

    name: str
    path: str
    endpoints: Mapping[str, Endpoint]
    version: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    head: bool = True
    media_types: tuple[str, ...] = (JSON,)

    def endpoint(self, method: str) -> Endpoint | None:
        """Return the endpoint of a method; HEAD has that of GET, which may refuse it."""
        return self.endpoints.get("GET" if method == "HEAD" else method)

    def media_types_of(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Return the media types of the successful responses of one of its endpoints."""
        return endpoint.media_types or self.media_types

    def acts(self, method: str) -> bool:
        """Whether a request of this method starts, changes or stops something."""
        return method not in {"GET", "HEAD"} or not self.head

    def endpoint_id(self, method: str) -> str:
        """Return the unique name of an endpoint, as OpenAPI's operationId."""
        return f"{self.name}.{method.lower()}"
