"""Version 4: rows, time, progress and tokens, for users alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.v4 import me, metrics, reports, session, tasks, tokens, users
from sysmon_core.api.v4.index import index
from sysmon_core.api.versions import Version

Group = Callable[[Version, Dependencies], Iterable[Resource]]

GROUPS: tuple[Group, ...] = (  # in the order of the links
    metrics.resources,
    reports.resources,
    tasks.resources,
    me.resources,
    tokens.resources,
    users.resources,
    session.resources,
)


def resources(deps: Dependencies) -> Iterator[Resource]:
    """Declare the index and every group of paths."""
    found = [one for group in GROUPS for one in group(VERSION, deps)]
    yield VERSION.resource("", "", {"GET": index(VERSION, found)})
    yield from found


VERSION = Version(
    name="v4",
    summary="Version 4: rows, time, progress and tokens, for users",
    authenticated=True,
    resources=resources,
)
