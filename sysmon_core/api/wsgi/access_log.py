"""Access log: a log line and a count for each request; never its query or its body."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram
from pyramid.config import Configurator
from pyramid.events import ContextFound

from sysmon_core.api.framework.environ_keys import REMOTE_USER, ROUTE

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SAFE_METHODS = {"GET", "HEAD"}
OTHER = "other"  # label of all else: clients must not be able to make labels up
BUCKET_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)

logger = logging.getLogger(__name__)


class AccessLog:
    """Counts requests in a registry of Prometheus, and writes a line for each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "sysmon_requests",
            "Requests that were answered",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "sysmon_request_seconds",
            "How long answers took",
            ("route",),
            buckets=BUCKET_SECONDS,
            registry=registry,
        )
        self._labelled: dict[tuple[str, ...], tuple[Counter, Histogram]] = {}

    def on_response(self, environ: WSGIEnvironment, status: str, seconds: float) -> None:
        """Log and count a request that has been answered, in so many seconds."""
        method, route = environ["REQUEST_METHOD"], environ.get(ROUTE, OTHER)
        known = method if method in METHODS else OTHER
        requests, times = self._labelled.get((known, route, status)) or self._find(
            known, route, status
        )
        requests.inc()
        times.observe(seconds)
        # Successful reads are logged at DEBUG: at INFO they would be most of the log.
        level = logging.DEBUG if method in SAFE_METHODS and status < "400" else logging.INFO
        if not logger.isEnabledFor(level):
            return
        logger.log(
            level,
            "answered",
            extra={
                "method": known,
                "route": route,
                "status": int(status),
                "ms": round(seconds * 1000, 1),
                "client": environ.get("REMOTE_ADDR", ""),
                "user": environ.get(REMOTE_USER, ""),
            },
        )

    def _find(self, *labels: str) -> tuple[Counter, Histogram]:
        """Return the counters of these labels, cached: a look-up takes longer than a count."""
        pair = self._requests.labels(*labels), self._seconds.labels(labels[1])
        self._labelled[labels] = pair
        return pair


def include(config: Configurator) -> None:
    """Record the pattern of each request's route for ``AccessLog``."""
    config.add_subscriber(_record_route, ContextFound)


def _record_route(event: ContextFound) -> None:
    if event.request.matched_route is not None:
        event.request.environ[ROUTE] = event.request.matched_route.pattern
