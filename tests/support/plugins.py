"""A folder in which a test installs plugins of its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from sysmon_core.errors import PluginError
from sysmon_core.metrics.host import HostMetrics, bind
from sysmon_core.metrics.loading import GROUP, load
from sysmon_core.metrics.registry import Registry
from sysmon_core.settings import Settings

CONFIG = Settings(command_path="/bin")

HEAD = """
from sysmon_core import Metric, Report, hookimpl

def metric(name="fish", **more):
    return Metric(name=name, title=name, function=lambda params, run: Report(name), **more)

"""


def hook(body: str, arguments: str = "") -> str:
    return f"{HEAD}@hookimpl\ndef sysmon_metrics({arguments}):\n    {body}\n"


class Site:
    """A folder on sys.path in which distributions lie as installers leave them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def add(self, code: str, plugin: str = "aquarium", dist: str = "fishtank") -> None:
        module = f"plugin_{len(self.modules)}_of_a_test"
        self.modules.append(module)
        (self.folder / f"{module}.py").write_text(code)
        self.describe(dist, f"{plugin} = {module}")

    def describe(self, dist: str, *points: str) -> None:
        info = self.folder / f"{dist}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *points]))

    def load(self, **settings: object) -> Registry:
        config = CONFIG.model_copy(update=settings)
        found = distributions(path=[str(self.folder)])
        return load(config, [point for dist in found for point in dist.entry_points])

    def bind(self, **settings: object) -> HostMetrics:
        return bind(self.load(**settings), CONFIG.model_copy(update=settings))

    def error(self) -> str:
        with pytest.raises(PluginError) as caught:
            self.bind()
        return str(caught.value)


@contextlib.contextmanager
def site_with(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Install a plugin of this code in a folder on the path, and forget its modules afterwards."""
    place = folder / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(place)
    site = Site(place)
    site.add(code)
    try:
        yield site
    finally:
        for module in site.modules:
            sys.modules.pop(module, None)
