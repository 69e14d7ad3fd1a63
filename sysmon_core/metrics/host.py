"""Binds metrics to the host that runs them: their programs are found here, once, at the start."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sysmon_core.errors import ConfigurationError, PluginError
from sysmon_core.metrics.given_settings import PluginConfig, configure, settings_of
from sysmon_core.metrics.host_facts import Host
from sysmon_core.metrics.inquiry import Inquiry
from sysmon_core.metrics.loading import plugin_errors
from sysmon_core.metrics.masking import Mask
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.plugin_settings import settings_model
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HostMetric:
    """A metric that is ready to run on this host.

    Args:
        metric: the metric, its program found.
        source: where it comes from.
        command_path: the folders in which programs were looked for, with colons between them.
        inquiry: asks whether this host can have the metric.
        config: the settings of its plugin, if it declares any.
    """

    metric: Metric
    source: Source
    command_path: str
    inquiry: Inquiry = field(compare=False)
    config: PluginConfig | None = None

    @property
    def module(self) -> str:
        """The module from which a process of its own can load it; empty if none can."""
        return self.source.module

    @property
    def mask(self) -> Mask:
        """The function that masks the secrets of the plugin in a text."""
        return self.config.mask if self.config else str

    def require(self) -> None:
        """Refuse the metric if this host lacks what it needs, or what it needs cannot be known.

        Raises:
            MetricUnavailable: this host lacks it.
            PluginFault: the metric did not say.
            BaseException: whatever a metric raised that looks by itself for what it needs.
        """
        self.metric.require()
        self.inquiry.require()


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

    def begin_inquiries(self) -> None:
        """Ask all metrics at once whether this host can have them, and wait for no answer."""
        for bound in self._metrics.values():
            bound.inquiry.begin()


def bind(registry: Registry, config: Settings) -> HostMetrics:
    """Make the metrics ready for this host, and validate the settings of their plugins.

    Raises:
        ConfigurationError: there are settings for a plugin that is not installed; with the setting
            ``plugins_tolerant`` the log says so instead.
        PluginError: a metric cannot be made ready, or the settings of its plugin are wrong; in one
            sentence that says whose fault it is. With the setting ``plugins_tolerant`` the plugin
            is left out instead, as a whole.
    """
    _check_names(registry, config)
    bound: dict[str, HostMetric] = {}
    left_out: dict[str, str] = {}  # by plugin
    for source, metrics in _by_source(registry).items():
        with _tolerated(source, left_out, config):
            given = _config(metrics, source, registry, config)
            bound |= {one.name: _bind(one, source, config.command_path, given) for one in metrics}
    served = registry.without(left_out)
    return HostMetrics({metric.name: bound[metric.name] for metric in served}, served)


def _check_names(registry: Registry, config: Settings) -> None:
    for sentence in config.plugins.misplaced(registry.installed):
        if not config.plugins_tolerant:
            raise ConfigurationError(sentence)
        logger.warning("%s", sentence)


def _by_source(registry: Registry) -> dict[Source, list[Metric]]:
    found: dict[Source, list[Metric]] = {}
    for metric in registry:
        found.setdefault(registry.sources[metric.name], []).append(metric)
    return found


@contextlib.contextmanager
def _tolerated(source: Source, left_out: dict[str, str], config: Settings) -> Iterator[None]:
    """Note why a plugin is left out, where the settings have it so."""
    try:
        yield
    except PluginError as error:
        if not config.plugins_tolerant:
            raise
        logger.warning("left out: %s", error, exc_info=error.__cause__)
        left_out[source.plugin] = str(error)


def _config(
    metrics: list[Metric], source: Source, registry: Registry, config: Settings
) -> PluginConfig | None:
    layers = config.plugins.layers(source.plugin, registry.installed)
    model = settings_model(metric.settings for metric in metrics)
    return configure(model, source.plugin, source, layers)


def _bind(
    metric: Metric, source: Source, command_path: str, given: PluginConfig | None
) -> HostMetric:
    with plugin_errors(source, f"has a metric {metric.name} that fails on this host"):
        ready = replace(metric.on_host(command_path), origin=metric.origin)
    own = given if metric.settings else None
    inquiry = Inquiry(metric.available, Host(command_path, settings_of(own)))
    return HostMetric(ready, source, command_path, inquiry, own)
