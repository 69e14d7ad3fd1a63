"""Health probes: whether the process lives and whether it is ready; open to all."""

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
    """The process answers."""

    status: Literal["alive"]


class Ready(Exactly):
    """All that the service needs is there."""

    status: Literal["ready"]


def resources(health: Health) -> Iterator[Resource]:
    """Declare the two paths, named as Kubernetes names them."""

    def alive(_request: Request) -> Alive:
        return Alive(status="alive")

    def ready(_request: Request) -> Ready:
        health.require()
        return Ready(status="ready")

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
