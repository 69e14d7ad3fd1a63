"""Version 3: version 2 for users, and the users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import users
from sysmon_core.api.endpoints.metrics import index
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.permissions import USER
from sysmon_core.api.v2 import metrics_and_tasks

SUMMARY = "Version 3: version 2 for users, and the users"


def resources(deps: Dependencies) -> Iterator[Resource]:
    """The index, every metric, the tasks and the users."""
    start = index("v3", deps.registry, "users")
    yield Resource(name="v3", path="/v3/", endpoints={"GET": start})
    yield from metrics_and_tasks(deps, "v3", USER, owned=True)
    yield Resource(
        name="v3.users",
        path="/v3/users/",
        endpoints=users.collection(deps.users, deps.body_limit),
    )
    yield Resource(
        name="v3.user",
        path="/v3/users/{username}",
        parts={"username": "The name of a user"},
        endpoints=users.one(deps.users, deps.body_limit),
    )
