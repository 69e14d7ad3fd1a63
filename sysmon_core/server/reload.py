"""Reloading while a plugin is written: ``pserve INI --reload`` watches its sources."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint

import hupper

from sysmon_core.metrics.plugin_files import files_of


def watch(plugins: Iterable[EntryPoint]) -> None:
    """Watch the sources of plugins, if the server reloads.

    hupper watches modules that were imported: it would miss that a syntax error is mended.
    """
    if hupper.is_active():
        files = {str(path) for point in plugins for path in files_of(point.value)}
        hupper.get_reloader().watch_files(sorted(files))
