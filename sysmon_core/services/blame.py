"""Containment of faults: an exception in a plugin fails its run, and names the plugin.

An exception of a library, or a refusal of the system, is told as the host's.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator

from sysmon_core.errors import (
    HostFault,
    MetricFailed,
    MetricTimeout,
    MetricUnavailable,
    PluginFault,
    RunTooLong,
    SysmonError,
)
from sysmon_core.metrics import culprit
from sysmon_core.metrics.masking import Mask
from sysmon_core.metrics.metric import Kind, Metric, Params

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def blame(metric: Metric, mask: Mask = str) -> Iterator[None]:
    """Turn any exception of a metric's code into its failure, and name the plugin at fault.

    The log gets the traceback of an exception that is none of ours. ``mask`` masks the secrets of
    the plugin in both.

    Raises:
        HostFault, PluginFault, MetricTimeout: with the metric, its plugin and what to do.
        MetricFailed, MetricUnavailable: in the words of the metric.
        SysmonError: any other, as it was raised.
    """
    try:
        yield
    except (HostFault, PluginFault, MetricTimeout) as error:
        if error.place:
            _log(metric, error, mask)
        raise type(error)(mask(_sentence(metric, error)), error.place) from error
    except MetricFailed as error:
        raise type(error)(mask(str(error)), error.place) from error
    except MetricUnavailable as error:
        raise MetricUnavailable(mask(str(error))) from error
    except SysmonError:
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        _log(metric, error, mask)
        failure = culprit.failure(error)
        raise type(failure)(mask(_sentence(metric, failure)), failure.place) from error


def seconds_of(metric: Metric, params: Params) -> float:
    """Ask the metric how long a run with these params takes.

    Raises:
        PluginFault: it raised something, or gave no number.
    """
    with blame(metric):
        seconds: object = metric.seconds(params)
        if not isinstance(seconds, int | float):
            raise PluginFault("it gives no number as its duration")
        if not seconds >= 0:  # NaN, too
            raise PluginFault(f"it gives {seconds} as its duration, which is in seconds")
        return seconds


def require_within(limit: float, metric: Metric, params: Params) -> float:
    """Refuse a run that would take longer than the limit, in seconds; return its duration.

    Raises:
        RunTooLong: it would.
        PluginFault: as ``seconds_of`` does.
    """
    seconds = seconds_of(metric, params)
    if seconds > limit:
        raise RunTooLong(limit)
    return seconds


class _Masked(Exception):
    """An exception whose text is the traceback of another, without secrets."""


def _log(metric: Metric, error: BaseException, mask: Mask) -> None:
    trace = "".join(traceback.format_exception(error))
    shown = error if mask(trace) == trace else _Masked(f"\n{mask(trace)}")
    logger.warning("the metric %s raised an exception", metric.name, exc_info=shown)


def _sentence(metric: Metric, error: SysmonError) -> str:
    """Write a sentence: the error, the plugin at fault, and the remedy."""
    said = f"The metric {metric.name} failed: {error}"
    if metric.kind is Kind.PROGRAM and not isinstance(error, PluginFault):
        return said
    origin = metric.origin or "its plugin"
    if isinstance(error, HostFault):
        return (
            f"{said} (this host may lack what {origin} asks for, or refuse it to this user: "
            "see to that, or name the plugin in plugins_blocked)"
        )
    return f"{said} ({origin}: mend it, or name it in plugins_blocked)"
