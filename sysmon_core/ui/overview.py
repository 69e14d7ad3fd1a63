"""The first page: a card for each quick metric, the tasks that are going on, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.permissions import caller_of
from sysmon_core.services.task import State, TaskQuery
from sysmon_core.ui.cards import Cards
from sysmon_core.ui.page import Site, page
from sysmon_core.ui.task_rows import newest_tasks

OPEN_STATES = (State.STARTED, State.QUEUED, State.RETRY)
REMEDIES = {  # by the names of the parts, as their checks have them
    "worker": "Tasks wait until one runs: sysmon worker.",
    "Redis": "Start it, or see its log; quick metrics go on without it.",
    "database": "See to it and its migrations; who is logged in stays so for a while.",
}
MAX_TASKS = 10
MAX_ROWS = 8  # of a card; the page of the metric has all


def resources(site: Site) -> Iterator[Resource]:
    """Declare the page."""
    yield page("", "", _Views(site).overview, "The host at a glance")


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._cards = Cards(site.deps.executor)

    def overview(self, request: Request) -> Response:
        metrics, address = self._site.metrics(request), caller_of(request).address
        cards = [one for one in metrics if not (one.long or one.needs_params)]
        open_tasks = TaskQuery(caller_of(request).user, OPEN_STATES)
        return self._site.renderer.response(
            request,
            "overview.jinja2",
            host=self._site.deps.executor.host,
            trouble=self._site.trouble(),
            remedies=REMEDIES,
            cards=self._cards.of(cards, address),
            others=[one for one in metrics if one not in cards],
            tasks=newest_tasks(request, self._site, open_tasks, MAX_TASKS),
            max_rows=MAX_ROWS,
        )
