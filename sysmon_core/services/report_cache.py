"""The cache of reports: each for the lifetime of its metric; concurrent callers share one run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass

from cachetools import TLRUCache

from sysmon_core.metrics.report import Report

MAX_REPORTS = 256  # callers choose the params, and so the keys


@dataclass(frozen=True)
class CachedReport:
    """A report with its lifetime, which begins with its run.

    Args:
        started: when the run began, by the monotonic clock.
        lifetime: seconds for which the report may be shown; 0 if it is for one caller alone.
    """

    report: Report
    started: float
    lifetime: int = 0

    @property
    def expires(self) -> float:
        """When the lifetime ends, by the monotonic clock."""
        return self.started + self.lifetime


class ReportCache:
    """Reports by metric and params; concurrent callers share one run (single flight).

    Args:
        clock: gives seconds that only ever increase.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # What has ended its lifetime is dropped: a report keeps its rows once somebody asked for
        # them, and these may be many.
        self._reports: TLRUCache[Hashable, CachedReport] = TLRUCache(
            MAX_REPORTS, lambda _key, cached, _now: cached.expires, clock
        )
        self._runs: dict[Hashable, _Run] = {}

    def get(self, key: Hashable, lifetime: int, collect: Callable[[], Report]) -> CachedReport:
        """Give a report within its lifetime: a cached one, that of a run under way, or a new one.

        An error of ``collect`` is raised to all callers who wait for that run, and is not cached.
        """
        now = self._clock()
        with self._lock:
            cached = self._reports.get(key)
            if cached is not None and now < cached.expires:
                return cached
            run = self._runs.get(key)
            mine = run is None or run.started + lifetime <= now
            if run is None or mine:
                run = self._runs[key] = _Run(now, Future())
        if mine:
            self._collect(key, run, lifetime, collect)
        return run.future.result()

    def _collect(
        self, key: Hashable, run: _Run, lifetime: int, collect: Callable[[], Report]
    ) -> None:
        try:
            cached = CachedReport(collect(), run.started, lifetime)
            with self._lock:
                self._reports[key] = cached
            run.future.set_result(cached)
        except BaseException as error:  # noqa: BLE001 - raised to all callers who wait for the run
            run.future.set_exception(error)
        finally:
            with self._lock:
                if self._runs.get(key) is run:
                    del self._runs[key]


@dataclass(frozen=True)
class _Run:
    started: float
    future: Future[CachedReport]
