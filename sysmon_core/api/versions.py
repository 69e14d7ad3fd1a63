"""Versions of the API: the declaration of one, and the lookup of those that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.permissions import ADMIN, PUBLIC, USER
from sysmon_core.metrics.metric import Access, Metric
from sysmon_core.metrics.registry import Registry

Endpoints = Mapping[str, Endpoint]


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of the API, as the module of its name declares it.

    Args:
        name: the first part of its paths, and of the names of its routes.
        summary: a line for the API document.
        authenticated: whether it is for users alone, whatever the settings say. Its tasks then
            belong to users, and versions that are not do not show them.
        tasks: whether long runs become tasks.
        resources: makes every path of it.
    """

    name: str
    summary: str
    authenticated: bool = False
    tasks: bool = False
    resources: Callable[[Dependencies], Iterable[Resource]] = field(repr=False)

    @property
    def owned(self) -> bool:
        """Whether its tasks belong to users."""
        return self.authenticated

    def metrics(self, registry: Registry) -> list[Metric]:
        """List its metrics: those open to all, and all others where it is for users alone."""
        return [one for one in registry if self.authenticated or one.access == "open"]

    def permission(self, access: Access = "open", *, private: bool) -> str:
        """Return the permission for all but the index; ``private`` is the setting.

        ``access`` is that of the metric, where there is one.
        """
        if access == "admins":
            return ADMIN
        return USER if self.authenticated or private or access == "users" else PUBLIC

    def route(self, name: str = "") -> str:
        """Return the name of one of its routes: of the index if none is given."""
        return f"{self.name}.{name}" if name else self.name

    def resource(
        self,
        route: str,
        path: str,
        endpoints: Endpoints,
        parts: Mapping[str, str] | None = None,
        *,
        head: bool = True,
    ) -> Resource:
        """Make the resource of a path below the version's; arguments are those of ``Resource``."""
        return Resource(
            name=self.route(route),
            path=f"/{self.name}/{path}",
            endpoints=endpoints,
            version=self.name,
            parts=parts or {},
            head=head,
        )


def load(names: Iterable[str]) -> tuple[Version, ...]:
    """Return the versions of these names, each from the module of its name.

    Which names there are is in ``settings.types``, which must not import the API.
    """
    return tuple(import_module(f"sysmon_core.api.{name}").VERSION for name in names)


def with_tasks(names: Iterable[str]) -> Version | None:
    """Return the first of these versions in which a long run becomes a task, if there is one."""
    return next((version for version in load(names) if version.tasks), None)
