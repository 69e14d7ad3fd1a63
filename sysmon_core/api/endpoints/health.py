"""Whether the service lives and whether it is ready, for whoever watches over it; open to all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pyramid.request import Request

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.work import TASKS
from sysmon_core.api.schemas import Exactly
from sysmon_core.errors import NotReady
from sysmon_core.services.health import Health


class Alive(Exactly):
    """That this process answers."""

    status: Literal["alive"]


class Ready(Exactly):
    """That all it needs is there."""

    status: Literal["ready"]


def resources(health: Health) -> Iterator[Resource]:
    """The two paths, named as Kubernetes names them."""

    def alive(_request: Request) -> dict[str, str]:
        return {"status": "alive"}

    def ready(_request: Request) -> dict[str, str]:
        health.require()
        return {"status": "ready"}

    lives = Endpoint(
        view=alive,
        permission=PUBLIC,
        summary="Whether this process answers",
        answers={200: Answer(Alive)},
    )
    is_ready = Endpoint(
        view=ready,
        permission=PUBLIC,
        work=TASKS,
        summary="Whether the database, Redis and a worker are there",
        answers={200: Answer(Ready)},
        raises=(NotReady,),
    )
    yield Resource(name="livez", path="/livez", endpoints={"GET": lives})
    yield Resource(name="readyz", path="/readyz", endpoints={"GET": is_ready})
