"""Finds the endpoint of a path and method, for the layers that run before Pyramid."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sysmon_core.api.framework.declarations import Endpoint, Resource

PART = re.compile(r"\{\w+\}")  # of a path that varies


class RouteTable:
    """Every resource by its path; a part of a path that varies is any text without a slash."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        varying = [one for one in self.resources if PART.search(one.path)]
        self._fixed = {one.path: one for one in self.resources if one not in varying}
        self._varying = [(_pattern(one.path), one) for one in varying]

    def resource(self, path: str) -> Resource | None:
        """Return the resource at a path (PATH_INFO), if there is one."""
        found = self._fixed.get(path)
        if found is not None:
            return found
        for pattern, resource in self._varying:
            if pattern.fullmatch(path):
                return resource
        return None

    def endpoint(self, path: str, method: str) -> Endpoint | None:
        """Return the endpoint that answers a method at a path, if there is one."""
        resource = self.resource(path)
        return None if resource is None else resource.endpoint(method)

    def is_redirected(self, path: str) -> bool:
        """Whether a path leads to that of a resource with a slash at its end."""
        return f"{path}/" in self._fixed


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, PART.split(path))))
