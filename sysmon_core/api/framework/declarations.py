"""What is declared about a path: the one source of its route, its checks and its description."""

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
    """What an endpoint gives when all is well.

    Args:
        content: what the body is; None if there is none.
        follow: what can be done next: the id of an endpoint, and the part of its path that
            the member of this name in the body fills.
    """

    content: Content | None = None
    follow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What answers one method of a service.

    Args:
        view: takes a request and gives what is rendered.
        permission: who may call it.
        work: whose threads do it: by default it must never wait.
        cached: whether a response is repeated for the lifetime of the report that it shows.
        reads: makes params from the request, if there are any.
        summary: a line for lists.
        description: what a caller must know beyond that.
        answers: what it gives, by status.
        raises: what the services refuse it; the table in ``errors`` has their statuses.
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
        parts: what each part of the path that varies is.
        head: whether HEAD is answered where GET is; not where GET does something.
        media_type: what its answers are when all is well.
    """

    name: str
    path: str
    endpoints: Mapping[str, Endpoint]
    version: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    head: bool = True
    media_type: str = JSON

    def endpoint(self, method: str) -> Endpoint | None:
        """The endpoint that answers a method; that of GET for HEAD, be it to refuse it."""
        return self.endpoints.get("GET" if method == "HEAD" else method)

    def acts(self, method: str) -> bool:
        """Whether a request of this method starts, changes or stops something."""
        return method not in {"GET", "HEAD"} or not self.head

    def endpoint_id(self, method: str) -> str:
        """A name of the endpoint that no other has."""
        return f"{self.name}.{method.lower()}"
