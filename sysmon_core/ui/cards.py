"""Cards of the overview: what quick metrics show now, each as far as it is there in time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from sysmon_core.api.framework.times import age
from sysmon_core.api.v4.columns import shown_columns
from sysmon_core.errors import SysmonError
from sysmon_core.metrics.metric import Metric
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse

MAX_RUNS = 8  # at once, for all who look at the overview
PATIENCE_SECONDS = 0.05  # for all cards: the script asks for what takes longer

Card = dict[str, Any]


class Cards:
    """Runs metrics side by side; one that is slow holds up no other, and no page."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._threads = ThreadPoolExecutor(MAX_RUNS, "overview")

    def of(self, metrics: Sequence[Metric], address: str) -> list[Card]:
        """Return the cards of metrics; ``address`` is the caller's.

        Each has rows or a text and the age of its report, or an error, or none of these yet.
        """
        runs = [self._threads.submit(self._card, one, address) for one in metrics]
        wait(runs, PATIENCE_SECONDS)
        return [_now(run, metric) for run, metric in zip(runs, metrics, strict=True)]

    def _card(self, metric: Metric, address: str) -> Card:
        card = _empty(metric)
        try:
            params = parse(metric.params, ())
            report = self._executor.run_now(metric, params, address).report
            rows = [row for sample in report.samples for row in sample.rows]
        except SysmonError as error:
            return card | {"error": str(error)}
        text = "" if metric.columns else report.text
        return card | {"rows": rows, "text": text, "age": age(report.finished, time.time())}


def _now(run: Future[Card], metric: Metric) -> Card:
    """Return the card of a run; one that has not begun is not wanted any more."""
    if run.done():
        return run.result()
    run.cancel()
    return _empty(metric)


def _empty(metric: Metric) -> Card:
    columns = shown_columns(metric.columns)
    return {"metric": metric, "columns": columns, "rows": [], "text": "", "error": "", "age": None}
