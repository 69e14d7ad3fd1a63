"""The pages of tasks: the list, and each with what its run has given so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.lists import next_path
from sysmon_core.api.framework.times import rfc3339
from sysmon_core.api.v4.columns import shown_columns
from sysmon_core.api.v4.task_list import TaskList, cursor_of, query_of
from sysmon_core.errors import MetricFailed
from sysmon_core.running.sample import Sample
from sysmon_core.services.grants import Grant
from sysmon_core.services.params import parse
from sysmon_core.services.task import State, Task, TaskQuery
from sysmon_core.ui.page import Site, endpoint, page, resource
from sysmon_core.ui.task_rows import STATE_WORDS, shown_tasks

MAX_COUNTED = 200  # of the newest tasks, by state
MAX_ROWS = 200  # the newest, that are shown as a table


def resources(site: Site) -> Iterator[Resource]:
    """Declare the list and the page of each task."""
    views = _Views(site)
    yield page("tasks", "tasks/", views.list, "Tasks")
    one = endpoint(views.task, "A task and its report so far")
    yield resource("task", "tasks/{id}", {"GET": one}, {"id": "The id of a task"})


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site

    def list(self, request: Request) -> Response:
        params = _filters(request)
        grant: Grant = request.environ[GRANT]
        query, end = query_of(params, grant.account)
        found = self._site.task_answers.page(request, query, params.limit, end)
        return self._site.renderer.response(
            request,
            "tasks.jinja2",
            tasks=shown_tasks(request, self._site, found.tasks),
            chips=list(_chips(params, query.states, self._counts(request, query))),
            counted=MAX_COUNTED,
            metrics=self._site.metrics(request),
            params=params,
            next=next_path(request, params.limit, cursor_of(query, found.end)),
        )

    def _counts(self, request: Request, query: TaskQuery) -> Counter[str]:
        """Count the newest tasks by their states."""
        of_any_state = replace(query, states=())
        newest = self._site.task_answers.page(request, of_any_state, MAX_COUNTED).tasks
        return Counter(one.state.value for one in newest)

    def task(self, request: Request) -> Response:
        task = self._site.task_answers.find(request, request.matchdict["id"])
        metric = self._site.deps.registry.get(task.metric)
        return self._site.renderer.response(
            request,
            "task.jinja2",
            task=shown_tasks(request, self._site, [task])[0],
            metric=metric,
            columns=shown_columns(metric.columns if metric else ()),
            again=urlencode(list(_pairs(task.params))),
            max_rows=MAX_ROWS,
            **self._report(task),
        )

    def _report(self, task: Task) -> dict[str, Any]:
        """Return the newest rows and their times, how many there are in all, and the text."""
        found = self._site.deps.task_reports.get(task.id)
        try:
            samples = found.report.samples if found.report.columns else ()
        except MetricFailed:  # what was printed cannot be read: its text can
            samples = ()
        rows = [(row, _time(sample)) for sample in samples for row in sample.rows]
        newest = rows[-MAX_ROWS:]
        return {
            "rows": [row for row, _ in newest],
            "times": [at for _, at in newest] if len(samples) > 1 else None,
            "count": len(rows),
            "text": found.report.text,
        }


def _time(sample: Sample) -> str:
    """Return the time of a sample; nothing where it covers all the time since boot."""
    return "" if sample.since_boot else rfc3339(sample.at) or ""


def _filters(request: Request) -> TaskList:
    """Read the filters; a form sends those that are not set as empty texts."""
    return parse(TaskList, [(name, text) for name, text in request.GET.items() if text])


def _pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield params as a query has them."""
    for name, given in params.items():
        for one in given if isinstance(given, list) else [given]:
            yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _chips(
    params: TaskList, states: Sequence[State], counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield a link to the tasks of each state, and to all, with the other filters as they are."""
    others = {"metric": params.metric, "owner": params.owner}
    kept = [(name, given) for name, given in others.items() if given]
    every = {"word": "all", "state": "", "query": urlencode(kept), "current": not states}
    yield every | {"count": counts.total()}
    for state, word in STATE_WORDS.items():
        query = urlencode([("state", state), *kept])
        chip = {"word": word, "state": state, "query": query, "current": states == (state,)}
        yield chip | {"count": counts[state]}
