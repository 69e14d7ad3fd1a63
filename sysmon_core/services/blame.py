"""A fault in a plugin stays in that plugin: what its code raises fails its run, by name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sysmon_core.errors import MetricTimeout, PluginFault, RunTooLong, SysmonError, describe
from sysmon_core.metrics.metric import Kind, Metric, Params


@contextlib.contextmanager
def blame(metric: Metric) -> Iterator[None]:
    """Turn whatever a metric's code raises into its failure, with whose fault it is.

    Raises:
        PluginFault, MetricTimeout: with the metric, its plugin and what to do.
        SysmonError: any other, as it was raised.
    """
    try:
        yield
    except (PluginFault, MetricTimeout) as error:
        raise type(error)(_sentence(metric, str(error))) from error
    except SysmonError:
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        raise PluginFault(_sentence(metric, describe(error))) from error


def seconds_of(metric: Metric, params: Params) -> float:
    """Ask the metric how long a run with these params takes.

    Raises:
        PluginFault: it raised something, or gave no number.
    """
    with blame(metric):
        seconds: object = metric.seconds(params)
        if not isinstance(seconds, int | float):
            raise PluginFault("it gives no number as its duration")
        return seconds


def require_within(limit: float, metric: Metric, params: Params) -> float:
    """Refuse a run that would take longer than the limit, in seconds; return what it takes.

    Raises:
        RunTooLong: it would.
        PluginFault: as ``seconds_of`` does.
    """
    seconds = seconds_of(metric, params)
    if seconds > limit:
        raise RunTooLong(limit)
    return seconds


def _sentence(metric: Metric, reason: str) -> str:
    """Say what happened, whose fault it is and what to do."""
    if metric.kind is Kind.PROGRAM:
        return f"The metric {metric.name} failed: {reason}"
    origin = metric.origin or "its plugin"
    remedy = f"{origin}: mend it, or name it in plugins_blocked"
    return f"The metric {metric.name} failed: {reason} ({remedy})"
