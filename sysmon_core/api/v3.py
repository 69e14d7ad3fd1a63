"""Version 3: version 2 for users, and the users."""

from __future__ import annotations

from collections.abc import Iterator

from sysmon_core.api import users
from sysmon_core.api.bundle import Services
from sysmon_core.api.endpoints import Service
from sysmon_core.api.metrics import index
from sysmon_core.api.security import USER
from sysmon_core.api.v2 import metrics_and_tasks

SUMMARY = "Version 3: version 2 for users, and the users"


def services(rules: Services) -> Iterator[Service]:
    """The index, every metric, the tasks and the users."""
    start = index("v3", rules.registry, "users")
    yield Service(name="v3", path="/v3/", endpoints={"GET": start})
    yield from metrics_and_tasks(rules, "v3", USER, owned=True)
    yield Service(
        name="v3.users",
        path="/v3/users/",
        endpoints=users.collection(rules.users, rules.body_limit),
    )
    yield Service(
        name="v3.user",
        path="/v3/users/{username}",
        parts={"username": "The name of a user"},
        endpoints=users.one(rules.users, rules.body_limit),
    )
