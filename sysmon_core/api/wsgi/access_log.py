"""What is told of each request: a line in the log, and a count; never its query or its body."""

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
LOOKS = {"GET", "HEAD"}
OTHER = "other"  # a label for all else: a client must not be able to make labels up
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)

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
            buckets=SECONDS,
            registry=registry,
        )
        self._found: dict[tuple[str, ...], tuple[Counter, Histogram]] = {}

    def saw(self, environ: WSGIEnvironment, status: str, seconds: float) -> None:
        """Tell of a request that was answered."""
        method, route = environ["REQUEST_METHOD"], environ.get(ROUTE, OTHER)
        known = method if method in METHODS else OTHER
        requests, times = self._found.get((known, route, status)) or self._find(
            known, route, status
        )
        requests.inc()
        times.observe(seconds)
        # To look and be told is no news: those lines would be most of a log.
        level = logging.DEBUG if method in LOOKS and status < "400" else logging.INFO
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
        """Remember them too: the library takes longer to find them than to count."""
        pair = self._requests.labels(*labels), self._seconds.labels(labels[1])
        self._found[labels] = pair
        return pair


def include(config: Configurator) -> None:
    """Leave the pattern of the route that a request took where ``AccessLog`` finds it."""
    config.add_subscriber(_note, ContextFound)


def _note(event: ContextFound) -> None:
    if event.request.matched_route is not None:
        event.request.environ[ROUTE] = event.request.matched_route.pattern
