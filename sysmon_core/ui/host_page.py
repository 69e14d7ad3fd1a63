"""The page of the host and of sysmon itself: what is installed, what is away, where to read on."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from itertools import groupby

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.metrics.metric import Metric
from sysmon_core.ui.page import Site, page


def resources(site: Site) -> Iterator[Resource]:
    """Declare the page."""

    def view(request: Request) -> Response:
        executor = site.deps.executor
        metrics = sorted(site.metrics(request), key=lambda one: (one.origin, one.position))
        return site.renderer.response(
            request,
            "host.jinja2",
            host=executor.host,
            system=f"{platform.system()} {platform.release()}, {platform.machine()}",
            python=platform.python_version(),
            trouble=site.trouble(),
            plugins=[(origin, list(found)) for origin, found in groupby(metrics, _origin)],
            unavailable={one.name: executor.unavailable(one) for one in metrics},
            has_docs=site.deps.swagger_ui is not None,
        )

    yield page("host", "host", view, "The host, and what is installed")


def _origin(metric: Metric) -> str:
    return metric.origin
