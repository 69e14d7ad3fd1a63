"""The endpoint ``/metrics``, which Prometheus scrapes: counts of requests and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import log_queue
from sysmon_core.api.framework.accept import best_offer
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.work import TASKS
from sysmon_core.errors import TasksUnavailable
from sysmon_core.services.grants import Scope
from sysmon_core.services.task import Figures

TEXT, OPEN_METRICS = "text/plain", "application/openmetrics-text"
FORMATS = (TEXT, OPEN_METRICS)


class TaskCollector(Collector):
    """Collects the figures of the tasks at each scrape; without Redis only that it is down."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Yield the families of metrics, as Prometheus calls them."""
        up = GaugeMetricFamily("sysmon_redis_up", "Whether Redis answers")
        try:
            figures = self._figures()
        except TasksUnavailable:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *_families(figures)]


def _families(figures: Figures) -> Iterable[Metric]:
    open_tasks = GaugeMetricFamily(
        "sysmon_tasks_open", "Tasks that have not ended", labels=["state"]
    )
    for state, count in figures.open.items():
        open_tasks.add_metric([state], count)
    yield open_tasks
    ended = CounterMetricFamily(
        "sysmon_tasks", "Tasks that have ended", labels=["metric", "outcome"]
    )
    for (metric, outcome), count in figures.ended.items():
        ended.add_metric([metric, outcome], count)
    yield ended
    yield GaugeMetricFamily("sysmon_workers", "Workers that listen", value=figures.workers)
    if figures.heartbeat is not None:
        yield GaugeMetricFamily(
            "sysmon_worker_heartbeat_timestamp_seconds",
            "When a worker last gave a sign of life",
            value=figures.heartbeat,
        )


class LogCollector(Collector):
    """Counts the lines that the log of this process has dropped."""

    def collect(self) -> Iterable[Metric]:
        """Yield the counter of dropped lines."""
        text = "Lines of the log that were dropped, since whoever reads it did not keep up"
        yield CounterMetricFamily("sysmon_log_lines_dropped", text, value=log_queue.dropped())


def registry(figures: Callable[[], Figures]) -> CollectorRegistry:
    """Return a registry of Prometheus; each application has its own."""
    collectors = CollectorRegistry()
    ProcessCollector(registry=collectors)
    collectors.register(LogCollector())
    collectors.register(TaskCollector(figures))
    return collectors


def _preferred(request: Request) -> str:
    """Return the ranges of Accept for the format with the highest q: the library knows no q."""
    best = best_offer(request, FORMATS) or TEXT
    ranges = request.headers.get("Accept", "").split(",")
    return ",".join(one for one in ranges if one.strip().lower().startswith(best)) or best


def resource(collectors: CollectorRegistry, permission: str) -> Resource:
    """Declare the path that Prometheus scrapes."""

    def view(request: Request) -> Response:
        encode, content_type = choose_encoder(_preferred(request))
        response = Response(encode(collectors))
        response.headers["Content-Type"] = content_type
        return response

    endpoint = Endpoint(
        view=view,
        permission=permission,
        scope=Scope.READ,
        work=TASKS,
        summary="Counts of requests and tasks, for Prometheus",
        answers={200: Answer({"type": "string"})},
    )
    return Resource(
        name="metrics", path="/metrics", endpoints={"GET": endpoint}, media_types=FORMATS
    )
