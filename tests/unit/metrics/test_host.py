"""Metrics are declared anywhere, and bound to the host that runs them."""

from __future__ import annotations

from pathlib import Path

from sysmon_core import Command
from sysmon_core.settings import Settings
from tests.conftest import MakePrograms, hosting
from tests.support.plugins import Site, hook

FISH = Command(name="fish", title="", program="fish", package="fishtank")


def test_a_declaration_is_of_no_host(site: Site) -> None:
    """Loading asks the host for nothing: it may be another than the one that runs the metric."""
    upset = "class Upset(Metric):\n    def on_host(self, search_path):\n        1 / 0\n"
    site.add(hook("return [Upset(name='fish', title='', function=print)]") + upset)
    assert [metric.name for metric in site.load()] == ["fish"]


def test_a_metric_is_made_ready_with_the_command_path_of_the_settings(site: Site) -> None:
    ready = "class Ready(Metric):\n    def on_host(self, search_path):\n"
    ready += "        return Metric(name='fish', title=search_path, function=print)\n"
    site.add(hook("return [Ready(name='fish', title='', function=print)]") + ready)
    bound = site.bind(command_path="/bin").get("fish")
    assert bound
    assert (bound.metric.title, bound.metric.origin) == ("/bin", str(bound.source))
    assert bound.module == site.modules[0]


def test_what_is_bound_is_another_than_what_was_declared(
    programs: MakePrograms, folder: Path
) -> None:
    host = hosting(Settings(command_path=programs(fish="echo")), FISH)
    bound = host.get("fish")
    assert bound
    assert isinstance(bound.metric, Command)
    assert bound.metric.path == str(folder / "programs/fish")
    assert list(host.registry) == [FISH]
    assert host.get("frog") is None
