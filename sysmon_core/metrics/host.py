"""Binds metrics to the host that runs them: their programs are found here, once, at the start."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sysmon_core.errors import PluginError, ProgramMissing
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Registry, Source, plugin_errors
from sysmon_core.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HostMetric:
    """A metric that is ready to run on this host.

    Args:
        metric: the metric, its program found.
        source: where it comes from.
        command_path: the folders in which programs were looked for, with colons between them.
    """

    metric: Metric
    source: Source
    command_path: str

    @property
    def module(self) -> str:
        """The module from which a process of its own can load it; empty if none can."""
        return self.source.module


class HostMetrics:
    """The metrics that are bound to this host.

    Args:
        metrics: the bound metrics, by name.
        registry: the declarations of these, and why plugins were left out.
    """

    def __init__(self, metrics: Mapping[str, HostMetric], registry: Registry) -> None:
        self._metrics = dict(metrics)
        self.registry = registry

    def get(self, name: str) -> HostMetric | None:
        """Give the metric of this name, if this host has it."""
        return self._metrics.get(name)

    def missing(self) -> dict[str, str]:
        """Say what this host lacks, in a sentence for each metric that cannot run for that reason.

        A metric that fails otherwise to look for what it needs is not among them: its runs fail.
        """
        return dict(self._missing())

    def _missing(self) -> Iterator[tuple[str, str]]:
        for name, bound in self._metrics.items():
            try:
                bound.metric.require()
            except ProgramMissing as error:
                yield name, str(error)
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
                logger.warning("the metric %s failed to look for what it needs: %r", name, error)


def bind(registry: Registry, config: Settings) -> HostMetrics:
    """Make the metrics ready for this host.

    Raises:
        PluginError: one cannot be made ready; in one sentence that says whose fault it is. With
            the setting ``plugins_tolerant`` its plugin is left out instead, as a whole.
    """
    bound: dict[str, HostMetric] = {}
    left_out: dict[str, str] = {}  # by plugin
    for metric in registry:
        source = registry.sources[metric.name]
        try:
            bound[metric.name] = _bind(metric, source, config.command_path)
        except PluginError as error:
            if not config.plugins_tolerant:
                raise
            left_out.setdefault(source.plugin, str(error))
    for reason in left_out.values():
        logger.warning("left out: %s", reason)
    served = registry.without(left_out)
    return HostMetrics({metric.name: bound[metric.name] for metric in served}, served)


def _bind(metric: Metric, source: Source, command_path: str) -> HostMetric:
    with plugin_errors(source, f"has a metric {metric.name} that fails on this host"):
        ready = replace(metric.on_host(command_path), origin=metric.origin)
    return HostMetric(ready, source, command_path)
