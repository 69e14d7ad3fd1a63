"""Finds the plugins and holds what they declare; the only user of pluggy's manager."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import NoReturn

import pluggy

from sysmon_core.errors import PluginError, describe
from sysmon_core.metrics import hookspecs
from sysmon_core.metrics.metric import Metric
from sysmon_core.settings import Settings

GROUP = "sysmon"
RESERVED = frozenset({"task", "users"})  # paths of the API itself
RESERVED_PARAMS = frozenset({"form", "help", "output"})  # options of `sysmon run` itself

logger = logging.getLogger(__name__)


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

    ``left_out`` has the name of each plugin that was left out, and one sentence that says why.
    """

    def __init__(
        self,
        metrics: Iterable[tuple[Metric, Source]],
        left_out: Mapping[str, str] = MappingProxyType({}),
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

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def get(self, name: str) -> Metric | None:
        """Give the metric of this name, if there is one."""
        return self._metrics.get(name)

    def without(self, left_out: Mapping[str, str]) -> Registry:
        """Give the same registry without some plugins, by their names, for these reasons."""
        pairs = [(metric, self.sources[metric.name]) for metric in self]
        kept = [pair for pair in pairs if pair[1].plugin not in left_out]
        return Registry(kept, {**self.left_out, **left_out})


def load(config: Settings, plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Load the plugins (those installed, by default) that the settings allow.

    Raises:
        PluginError: one cannot be imported, has a hook of the wrong shape, gives what is
            no metric, or clashes with another; in one sentence that says whose fault it is.
            With the setting ``plugins_tolerant`` that plugin is left out instead.
    """
    found = sorted(entry_points(group=GROUP) if plugins is None else plugins, key=_name)
    return load_plugins(_chosen(found, config), tolerant=config.plugins_tolerant)


def load_plugins(points: Iterable[EntryPoint], *, tolerant: bool = False) -> Registry:
    """Load these plugins; a plugin at fault stops that, or is left out if ``tolerant``.

    Raises:
        PluginError: as ``load`` does.
    """
    loader = _Loader()
    for point in points:
        try:
            loader.add(point)
        except PluginError as error:
            if not tolerant:
                raise
            logger.warning("left out: %s", error)
            loader.left_out[point.name] = str(error)
    return loader.registry()


def _name(point: EntryPoint) -> str:
    return point.name


def _chosen(points: Sequence[EntryPoint], config: Settings) -> Iterator[EntryPoint]:
    """Choose those that the settings allow and do not block; log a name that no plugin has."""
    allowed, blocked = config.plugins_allowed.split(), config.plugins_blocked.split()
    for name in {*allowed, *blocked} - {point.name for point in points}:
        logger.warning("the settings name the plugin %s, and there is none of this name", name)
    for point in points:
        if point.name not in blocked and (not allowed or point.name in allowed):
            yield point


class _Loader:
    """Takes one plugin after another, each wholly or not at all."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._sources: dict[str, Source] = {}
        self._pairs: list[tuple[Metric, Source]] = []
        self.left_out: dict[str, str] = {}

    def registry(self) -> Registry:
        return Registry(self._pairs, self.left_out)

    def add(self, point: EntryPoint) -> None:
        source = _source(point)
        other = self._sources.setdefault(point.name, source)
        if other is not source:
            raise PluginError(f"Two plugins share a name: {other} and {source}: uninstall either")
        plugin = _registered(self._manager, point, source)
        metrics = _metrics(self._manager, plugin, source)
        pairs = [*self._pairs, *((metric, source) for metric in metrics)]
        Registry(pairs)  # raises if it clashes with those before it
        self._pairs = pairs


def _source(point: EntryPoint) -> Source:
    if point.dist is None:
        return Source(point.name, point.value, "(no distribution)", point.value)
    return Source(point.name, point.dist.name, point.dist.version, point.value)


@contextlib.contextmanager
def plugin_errors(source: Source, what: str) -> Iterator[None]:
    """Turn whatever a plugin raises while sysmon starts into one line that says whose fault it is.

    Raises:
        PluginError: the plugin raised something; ``what`` says during what.
    """
    try:
        yield
    except (KeyboardInterrupt, PluginError):
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        raise PluginError(f"{source} {what} ({describe(error)}): {_remedy(source)}") from error


def _remedy(source: Source) -> str:
    return f"install what it misses, mend it, or uninstall {source.distribution}"


def _registered(manager: pluggy.PluginManager, point: EntryPoint, source: Source) -> object:
    with plugin_errors(source, "cannot be imported"):
        plugin = point.load()
    with plugin_errors(source, "does not fit sysmon"):
        manager.register(plugin, point.name)
        try:
            manager.check_pending()
        except Exception:
            manager.unregister(plugin)
            raise
    return plugin


def _metrics(manager: pluggy.PluginManager, plugin: object, source: Source) -> Iterator[Metric]:
    others = manager.get_plugins() - {plugin}
    with plugin_errors(source, "failed in sysmon_metrics"):
        lists = manager.subset_hook_caller("sysmon_metrics", others)()
        metrics = [metric for given in lists for metric in given]
    if not lists:
        _refuse(source, "gives None, or has no sysmon_metrics marked with @hookimpl")
    for metric in metrics:
        if not isinstance(metric, Metric):
            _refuse(source, f"gives {metric!r} from sysmon_metrics, which is no Metric")
        _check_params(metric, source)
        yield replace(metric, origin=str(source))


def _check_params(metric: Metric, source: Source) -> None:
    for name, declared in metric.params.model_fields.items():
        if not declared.description:
            _refuse(source, f"has a metric {metric.name} whose parameter {name} has no description")
        if name in RESERVED_PARAMS:
            _refuse(source, f"has a metric {metric.name} whose parameter {name} is a reserved name")


def _refuse(source: Source, what: str) -> NoReturn:
    raise PluginError(" ".join(f"{source} {what}: {_remedy(source)}".split()))
