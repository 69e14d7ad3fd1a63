"""Finds the plugins and holds their metrics; the only user of pluggy's manager."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import NoReturn

import pluggy

from sysmon_core.errors import PluginError, told
from sysmon_core.metrics import hookspecs
from sysmon_core.metrics.metric import Metric
from sysmon_core.settings import Settings

GROUP = "sysmon"
RESERVED = frozenset({"task", "users"})  # paths of the API itself
RESERVED_PARAMS = frozenset({"form", "help", "output"})  # options of `sysmon run` itself

logger = logging.getLogger(__name__)


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
    """The metrics of this process, in the order of lists.

    ``left_out`` has the name of each plugin that was left out, and one sentence that says why.
    """

    def __init__(
        self,
        metrics: Iterable[tuple[Metric, Source]],
        left_out: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
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
        self.left_out = MappingProxyType(dict(left_out))
        self.sources: Mapping[str, Source] = MappingProxyType(
            {metric.name: source for metric, source in ordered}
        )

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def get(self, name: str) -> Metric | None:
        """The metric of this name, if a plugin that is installed has it."""
        return self._metrics.get(name)


def load(config: Settings, plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Load the plugins (those installed, by default) and make their metrics ready for this host.

    Raises:
        PluginError: one cannot be imported, has a hook of the wrong shape, gives what is
            no metric, or clashes with another; in one sentence that says whose fault it is.
            With the setting ``plugins_tolerant`` that plugin is left out instead.
    """
    found = sorted(entry_points(group=GROUP) if plugins is None else plugins, key=_name)
    loader = _Loader(config)
    for point in _chosen(found, config):
        try:
            loader.add(point)
        except PluginError as error:
            if not config.plugins_tolerant:
                raise
            logger.warning("left out: %s", error)
            loader.left_out[point.name] = str(error)
    return loader.registry()


def _name(point: EntryPoint) -> str:
    return point.name


def _chosen(points: Sequence[EntryPoint], config: Settings) -> Iterator[EntryPoint]:
    """Those that the settings allow and do not block; a name that nobody has is told."""
    allowed, blocked = config.plugins_allowed.split(), config.plugins_blocked.split()
    for name in {*allowed, *blocked} - {point.name for point in points}:
        logger.warning("the settings name the plugin %s, and there is none of this name", name)
    for point in points:
        if point.name not in blocked and (not allowed or point.name in allowed):
            yield point


class _Loader:
    """Takes one plugin after another, each wholly or not at all."""

    def __init__(self, config: Settings) -> None:
        self._command_path = config.command_path
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
        metrics = _metrics(self._manager, plugin, source, self._command_path)
        pairs = [*self._pairs, *((metric, source) for metric in metrics)]
        Registry(pairs)  # it may clash with those before it
        self._pairs = pairs


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
        raise PluginError(f"{source} {what} ({told(error)}): {_remedy(source)}") from error


def _remedy(source: Source) -> str:
    return f"install what it misses, mend it, or uninstall {source.distribution}"


def _registered(manager: pluggy.PluginManager, point: EntryPoint, source: Source) -> object:
    with _blaming(source, "cannot be imported"):
        plugin = point.load()
    with _blaming(source, "does not fit sysmon"):
        manager.register(plugin, point.name)
        try:
            manager.check_pending()
        except Exception:
            manager.unregister(plugin)
            raise
    return plugin


def _metrics(
    manager: pluggy.PluginManager, plugin: object, source: Source, command_path: str
) -> Iterator[Metric]:
    others = manager.get_plugins() - {plugin}
    with _blaming(source, "failed in sysmon_metrics"):
        lists = manager.subset_hook_caller("sysmon_metrics", others)()
        metrics = [metric for given in lists for metric in given]
    if not lists:
        _refuse(source, "gives None, or has no sysmon_metrics marked with @hookimpl")
    for metric in metrics:
        if not isinstance(metric, Metric):
            _refuse(source, f"gives {metric!r} from sysmon_metrics, which is no Metric")
        _check_params(metric, source)
        with _blaming(source, f"has a metric {metric.name} that fails on this host"):
            ready = replace(metric.on_host(command_path), origin=str(source))
        yield ready


def _check_params(metric: Metric, source: Source) -> None:
    for name, declared in metric.params.model_fields.items():
        if not declared.description:
            _refuse(source, f"has a metric {metric.name} whose parameter {name} has no description")
        if name in RESERVED_PARAMS:
            _refuse(source, f"has a metric {metric.name} whose parameter {name} is a reserved name")


def _refuse(source: Source, what: str) -> NoReturn:
    raise PluginError(" ".join(f"{source} {what}: {_remedy(source)}".split()))
