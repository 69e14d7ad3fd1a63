"""Whether a task can be done: what the hosts of the workers report counts, not this host."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from cachetools import TTLCache, cached

from sysmon_core.errors import ProgramMissing
from sysmon_core.metrics.metric import Metric

REPORTS_SECONDS = 2.0  # for which the reports of the workers are cached: the period of a heartbeat

Reports = Callable[[], Sequence[Mapping[str, str]]]


class Availability:
    """Tells whether workers have what a metric needs.

    Args:
        reports: gives, of each live worker that reports, what its host lacks: a sentence for each
            metric that cannot run there.
        require_here: raises ProgramMissing if this host lacks what a metric needs. It is asked
            while no worker reports: on a single host, where the worker is still starting, a
            missing program is refused at submission all the same, as versions 2 and 3 promise.
        clock: gives seconds that only ever increase.
    """

    def __init__(
        self,
        reports: Reports,
        require_here: Callable[[Metric], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        cache: TTLCache[object, Sequence[Mapping[str, str]]] = TTLCache(1, REPORTS_SECONDS, clock)
        self._reports: Reports = cached(cache, lock=Lock())(reports)
        self._require_here = require_here

    def require(self, metric: Metric) -> None:
        """Refuse a task that no worker could do.

        Raises:
            ProgramMissing: every worker that reports lacks what the metric needs, or none reports
                and this host lacks it.
            TasksUnavailable: the reports cannot be read.
        """
        reports = self._reports()
        if not reports:
            self._require_here(metric)
        elif all(metric.name in report for report in reports):
            raise ProgramMissing(reports[0][metric.name])
