"""Availability of metrics on the hosts of the workers, by the workers' own reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from cachetools import TTLCache, cached

from sysmon_core.errors import MetricUnavailable, SysmonError, TasksUnavailable
from sysmon_core.metrics.metric import Metric

REPORTS_SECONDS = 2.0  # for which the reports of the workers are cached: the period of a heartbeat

Require = Callable[[Metric], None]
Reports = Callable[[], Sequence[Mapping[str, str]]]

# What is remembered: the reports, or None where they could not be read.
Read = TypeVar("Read", bound=Sequence[Mapping[str, str]] | None)


class Availability:
    """Tells whether workers have what a metric needs.

    Args:
        reports: gives, of each live worker that reports, what its host lacks: a sentence for each
            metric that cannot run there.
        require_here: raises MetricUnavailable if this host lacks what a metric needs. It is asked
            while no worker reports: on a single host, where the worker is still starting, what is
            missing is refused at submission all the same, as versions 2 and 3 promise.
        clock: gives seconds that only ever increase.
    """

    def __init__(
        self,
        reports: Reports,
        require_here: Require,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        def remembered(function: Callable[[], Read]) -> Callable[[], Read]:
            cache: TTLCache[object, Read] = TTLCache(1, REPORTS_SECONDS, clock)
            return cached(cache, lock=Lock())(function)

        self._reports = remembered(reports)
        self._known_reports = remembered(self._reports_if_any)
        self._require_here = require_here

    def require(self, metric: Metric) -> None:
        """Refuse a task that no worker could do.

        Raises:
            MetricUnavailable: every worker that reports lacks what the metric needs, or none
                reports and this host lacks it.
            TasksUnavailable: the reports cannot be read.
        """
        self._require(metric, self._reports())

    def unavailable(self, metric: Metric) -> str | None:
        """Say why no worker can have a metric; None if one can, or if that cannot be known now.

        The reports are read for all metrics at once, and not again at once if they cannot be.
        """
        reports = self._known_reports()
        if reports is None:
            return None
        return reason(refusal(lambda one: self._require(one, reports), metric))

    def _reports_if_any(self) -> Sequence[Mapping[str, str]] | None:
        try:
            return self._reports()
        except TasksUnavailable:
            return None

    def _require(self, metric: Metric, reports: Sequence[Mapping[str, str]]) -> None:
        if not reports:
            self._require_here(metric)
        elif all(metric.name in report for report in reports):
            raise MetricUnavailable(reports[0][metric.name])


@dataclass(frozen=True)
class Refusal:
    """Why a metric cannot be had: a sentence, and whether its own fault keeps that unknown."""

    sentence: str
    fault: bool


def refusal(require: Require, metric: Metric) -> Refusal | None:
    """Find why a metric cannot be had; None if it can.

    ``require`` raises MetricUnavailable if it cannot, and another error if that cannot be known.
    """
    try:
        require(metric)
    except SysmonError as error:
        return Refusal(str(error), fault=not isinstance(error, MetricUnavailable))
    return None


def reason(found: Refusal | None) -> str | None:
    """Say why a metric cannot be had; None if it can, or if that cannot be known now."""
    return None if found is None or found.fault else found.sentence
