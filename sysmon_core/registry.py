"""Finds the plugins and holds their metrics; the only user of pluggy's manager."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import NoReturn

import pluggy

from sysmon_core import hookspecs
from sysmon_core.errors import PluginError
from sysmon_core.metric import Metric

GROUP = "sysmon"
RESERVED = frozenset({"task", "users"})  # paths of the API itself


@dataclass(frozen=True)
class Source:
    """Where a metric comes from, as people name it."""

    plugin: str
    distribution: str
    version: str
    module: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"the plugin {self.plugin} of {self.distribution} {self.version}"


class Registry:
    """The metrics of this process, in the order of lists."""

    def __init__(self, metrics: Iterable[tuple[Metric, Source]]) -> None:
        """Take the metrics with their sources.

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
        self.sources: Mapping[str, Source] = MappingProxyType(
            {metric.name: source for metric, source in ordered}
        )

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def get(self, name: str) -> Metric | None:
        """The metric of this name, if a plugin that is installed has it."""
        return self._metrics.get(name)


def load(command_path: str, plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Load the plugins (those installed, by default) and make their metrics ready for this host.

    Raises:
        PluginError: one cannot be imported, has a hook of the wrong shape, gives what is
            no metric, or clashes with another; in one sentence that says whose fault it is.
    """
    found = entry_points(group=GROUP) if plugins is None else plugins
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    sources: dict[str, Source] = {}
    for point in sorted(found, key=lambda point: point.name):
        source = _source(point)
        if point.name in sources:
            raise PluginError(
                f"Two plugins share a name: {sources[point.name]} and {source}: uninstall either"
            )
        sources[point.name] = source
        _register(manager, point, source)
    return Registry(
        (metric, sources[name])
        for name in sources
        for metric in _metrics(manager, name, sources[name], command_path)
    )


def _source(point: EntryPoint) -> Source:
    if point.dist is None:
        return Source(point.name, point.value, "(no distribution)", point.value)
    return Source(point.name, point.dist.name, point.dist.version, point.value)


@contextlib.contextmanager
def _blaming(source: Source, what: str) -> Iterator[None]:
    """Turn whatever a plugin raises into one line that says whose fault it is."""
    try:
        yield
    except (KeyboardInterrupt, PluginError):
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(f"{source} {what} ({reason}): {_remedy(source)}") from error


def _remedy(source: Source) -> str:
    return f"install what it misses, mend it, or uninstall {source.distribution}"


def _register(manager: pluggy.PluginManager, point: EntryPoint, source: Source) -> None:
    with _blaming(source, "cannot be imported"):
        plugin = point.load()
    with _blaming(source, "does not fit sysmon"):
        manager.register(plugin, point.name)
        manager.check_pending()


def _metrics(
    manager: pluggy.PluginManager, name: str, source: Source, command_path: str
) -> Iterator[Metric]:
    others = [plugin for other, plugin in manager.list_name_plugin() if other != name]
    with _blaming(source, "failed in sysmon_metrics"):
        lists = manager.subset_hook_caller("sysmon_metrics", others)()
        metrics = [metric for given in lists for metric in given]
    if not lists:
        _refuse(source, "gives None, or has no sysmon_metrics marked with @hookimpl")
    for metric in metrics:
        if not isinstance(metric, Metric):
            _refuse(source, f"gives {metric!r} from sysmon_metrics, which is no Metric")
        with _blaming(source, f"has a metric {metric.name} that fails on this host"):
            ready = metric.on_host(command_path)
        yield ready


def _refuse(source: Source, what: str) -> NoReturn:
    raise PluginError(" ".join(f"{source} {what}: {_remedy(source)}".split()))
