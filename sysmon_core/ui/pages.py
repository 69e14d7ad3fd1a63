"""Assembles the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.pages import Pages
from sysmon_core.api.v4 import VERSION
from sysmon_core.ui import (
    account_pages,
    host_page,
    metric_page,
    overview,
    session_pages,
    task_pages,
)
from sysmon_core.ui.page import Site
from sysmon_core.ui.problem_page import problem_page
from sysmon_core.ui.rendering import Renderer
from sysmon_core.ui.static_files import StaticFiles

GROUPS: tuple[Callable[[Site], Iterable[Resource]], ...] = (
    session_pages.resources,
    overview.resources,
    metric_page.resources,
    task_pages.resources,
    account_pages.resources,
    host_page.resources,
)


def make_pages(deps: Dependencies) -> Pages | None:
    """Make all pages; None where the version that their scripts use is not served."""
    if VERSION.name not in deps.versions:
        return None
    static = StaticFiles()
    renderer = Renderer(static)
    site = Site(deps, VERSION, renderer)
    found = [one for group in GROUPS for one in group(site)]
    return Pages([static.resource(), *found], problem_page(renderer))
