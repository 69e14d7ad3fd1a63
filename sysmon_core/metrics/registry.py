"""Holds what the plugins declare."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sysmon_core.errors import PluginError
from sysmon_core.metrics.metric import Metric

RESERVED = frozenset({"task", "users"})  # paths of the API itself


@dataclass(frozen=True)
class Source:
    """Where a metric comes from.

    Args:
        plugin: the name of its entry point.
        distribution: the name of the distribution that has it.
        version: of the distribution.
        module: what the entry point loads; empty if the metric is of no entry point.
    """

    plugin: str
    distribution: str
    version: str
    module: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"the plugin {self.plugin} of {self.distribution} {self.version}"


class Registry:
    """Declarations of metrics, in the order of lists.

    ``left_out`` has the name of each plugin that was left out, and one sentence that says why;
    ``installed`` the names of all plugins, those that the settings do not allow too.
    """

    def __init__(
        self,
        metrics: Iterable[tuple[Metric, Source]],
        left_out: Mapping[str, str] = MappingProxyType({}),
        installed: Collection[str] = (),
    ) -> None:
        """Hold the metrics with their sources.

        Raises:
            PluginError: two have one name, or one has a name that the API needs itself.
        """
        found: dict[str, tuple[Metric, Source]] = {}
        for metric, source in metrics:
            if metric.name in RESERVED:
                raise PluginError(
                    f"The metric name {metric.name} is reserved: {source} must change it"
                )
            if metric.name in found:
                raise PluginError(
                    f"Two metrics are named {metric.name}, one of {found[metric.name][1]} "
                    f"and one of {source}: uninstall either"
                )
            found[metric.name] = (metric, source)
        ordered = sorted(found.values(), key=lambda pair: (pair[0].position, pair[0].name))
        self._metrics = {metric.name: metric for metric, _ in ordered}
        self.left_out = MappingProxyType(dict(left_out))
        self.sources: Mapping[str, Source] = MappingProxyType(
            {metric.name: source for metric, source in ordered}
        )
        self.installed = {*installed, *left_out, *(source.plugin for _, source in ordered)}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def get(self, name: str) -> Metric | None:
        """Give the metric of this name, if there is one."""
        return self._metrics.get(name)

    def without(self, left_out: Mapping[str, str]) -> Registry:
        """Give the same registry without some plugins, by their names, for these reasons."""
        pairs = [(metric, self.sources[metric.name]) for metric in self]
        kept = [pair for pair in pairs if pair[1].plugin not in left_out]
        return Registry(kept, {**self.left_out, **left_out}, self.installed)
