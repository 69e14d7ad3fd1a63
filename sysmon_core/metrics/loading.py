"""Finds the plugins and loads what they declare; the only user of pluggy's manager.

Each sentence about a plugin ends with its one remedy.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

import pluggy

from sysmon_core.errors import ConfigurationError, PluginError
from sysmon_core.metrics import hookspecs
from sysmon_core.metrics.culprit import place_of
from sysmon_core.metrics.declaration_rules import require_fit_params
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.plugin_settings import settings_model
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.printable import describe
from sysmon_core.settings import Settings
from sysmon_core.suggestion import suggestion

GROUP = "sysmon"
DISTRIBUTION = "sysmon"
MEND = "mend it"
HOOK_REMEDY = "return a list from sysmon_metrics, and mark that with @hookimpl"

logger = logging.getLogger(__name__)


def load(config: Settings, plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Load the plugins (those installed, by default) that the settings allow.

    Raises:
        PluginError: one cannot be imported, has a hook of the wrong shape, gives what is
            no metric, or clashes with another; in one sentence that says whose fault it is.
            With the setting ``plugins_tolerant`` that plugin is left out instead.
    """
    found = sorted(entry_points(group=GROUP) if plugins is None else plugins, key=_order)
    names = [point.name for point in found]
    return load_plugins(_chosen(found, config), tolerant=config.plugins_tolerant, installed=names)


def load_plugins(
    points: Iterable[EntryPoint], *, tolerant: bool = False, installed: Collection[str] = ()
) -> Registry:
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
            logger.warning("left out: %s", error, exc_info=error.__cause__)
            loader.left_out[point.name] = str(error)
    return loader.registry(installed)


def _order(point: EntryPoint) -> tuple[bool, str]:
    """Order plugins by name, those of sysmon itself first: no other takes the place of theirs."""
    return (point.dist is None or point.dist.name != DISTRIBUTION, point.name)


def _chosen(points: Sequence[EntryPoint], config: Settings) -> Iterator[EntryPoint]:
    """Choose those that the settings allow and do not block.

    Raises:
        ConfigurationError: one is allowed that is not installed; one that is blocked may be gone.
    """
    allowed, blocked = config.plugins_allowed.split(), config.plugins_blocked.split()
    names = [point.name for point in points]
    for name in sorted({*allowed} - {*names}):
        known = suggestion(name, names) or f"installed are {', '.join(names)}"
        raise ConfigurationError(
            f"The setting plugins_allowed names the plugin {name}, and none has this name: {known}"
        )
    for name in {*blocked} - {*names}:
        logger.warning("plugins_blocked names the plugin %s, and there is none of this name", name)
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

    def registry(self, installed: Collection[str]) -> Registry:
        return Registry(self._pairs, self.left_out, installed)

    def add(self, point: EntryPoint) -> None:
        source = _source(point)
        other = self._sources.setdefault(point.name, source)
        if other is not source:
            raise PluginError(f"Two plugins share a name: {other} and {source}: uninstall either")
        plugin = _registered(self._manager, point, source)
        metrics = list(_metrics(self._manager, plugin, source))
        with _refusing(source):
            settings_model(metric.settings for metric in metrics)
        pairs = [*self._pairs, *((metric, source) for metric in metrics)]
        Registry(pairs)  # raises if it clashes with those before it
        self._pairs = pairs


def _source(point: EntryPoint) -> Source:
    if point.dist is None:
        return Source(point.name, point.value, "(no distribution)", point.value)
    return Source(point.name, point.dist.name, point.dist.version, point.value)


@contextlib.contextmanager
def plugin_errors(source: Source, what: str, remedy: str = MEND) -> Iterator[None]:
    """Turn whatever a plugin raises while sysmon starts into one line that says whose fault it is.

    Raises:
        PluginError: the plugin raised something; ``what`` says during what, and ``remedy`` what to
            do other than to uninstall it. A ConfigurationError has a remedy of its own, so that
            there is nothing to do but to mend it.
    """
    try:
        yield
    except (KeyboardInterrupt, PluginError):
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        reason = ", ".join(filter(None, [describe(error), place_of(error)]))
        whole = f"{remedy}, or uninstall {source.distribution}"
        known = isinstance(error, ConfigurationError)
        raise PluginError(f"{source} {what} ({reason}): {MEND if known else whole}") from error


def _registered(manager: pluggy.PluginManager, point: EntryPoint, source: Source) -> object:
    with plugin_errors(source, "cannot be imported", "install what it misses, mend it"):
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
        _refuse(source, f"gives no metrics: {HOOK_REMEDY}")
    for metric in metrics:
        if not isinstance(metric, Metric):
            what = f"gives {metric!r} from sysmon_metrics, which is no Metric"
            _refuse(source, f"{what}: return Metric or Command")
        _check_params(metric, source)
        yield replace(metric, origin=str(source))


def _check_params(metric: Metric, source: Source) -> None:
    with (
        plugin_errors(source, f"has a metric {metric.name} whose params cannot be described"),
        _refusing(source, f"has a metric {metric.name} whose parameter "),
    ):
        require_fit_params(metric)


@contextlib.contextmanager
def _refusing(source: Source, whose: str = "") -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        _refuse(source, f"{whose}{error}")


def _refuse(source: Source, what: str) -> NoReturn:
    raise PluginError(" ".join(f"{source} {what}".split()))
