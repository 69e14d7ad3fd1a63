"""Version 3: version 2 for users, and the users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import users
from sysmon_core.api.endpoints.runs import index
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.v2 import metrics_and_tasks
from sysmon_core.api.versions import Version


def resources(deps: Dependencies) -> Iterator[Resource]:
    """Declare the index, every metric, the tasks and the users."""
    yield VERSION.resource("", "", {"GET": index(VERSION, VERSION.metrics(deps.registry), "users")})
    yield from metrics_and_tasks(VERSION, deps)
    yield VERSION.resource(
        "users", "users/", users.collection(VERSION, deps.users, deps.body_limit)
    )
    yield VERSION.resource(
        "user",
        "users/{username}",
        users.one(VERSION, deps.users, deps.body_limit),
        {"username": "The name of a user"},
    )


VERSION = Version(
    name="v3",
    summary="Version 3: version 2 for users, and the users",
    authenticated=True,
    tasks=True,
    resources=resources,
)
