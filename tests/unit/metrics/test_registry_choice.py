"""Which plugins are loaded: those that are allowed, not blocked and, if need be, not at fault."""

from __future__ import annotations

import logging

import pytest

from sysmon_core.errors import ConfigurationError, PluginError
from sysmon_core.metrics.declaration_rules import RESERVED_PARAMS
from tests.support.plugins import HEAD, Site, hook


def good(name: str) -> str:
    return hook(f"return [metric({name!r})]")


def names(site: Site, **settings: object) -> list[str]:
    return [metric.name for metric in site.load(**settings)]


def test_all_are_loaded_unless_the_settings_name_some(site: Site) -> None:
    for name in ("carp", "pike", "tench"):
        site.add(good(name), plugin=name, dist=f"dist-{name}")
    assert names(site) == ["carp", "pike", "tench"]
    assert names(site, plugins_allowed="pike  carp") == ["carp", "pike"]
    assert names(site, plugins_blocked="pike") == ["carp", "tench"]
    assert names(site, plugins_allowed="pike carp", plugins_blocked="carp") == ["pike"]


def test_a_name_that_no_plugin_has_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.add(good("carp"), plugin="carp")
    assert names(site, plugins_blocked="crap") == ["carp"]
    assert "crap" in caplog.text


def test_a_plugin_that_is_allowed_and_not_there_stops_the_start(site: Site) -> None:
    site.add(good("carp"), plugin="carp")
    for text, hint in (("crap", "did you mean carp?"), ("carp,pike", ""), ("eel", "installed are")):
        with pytest.raises(ConfigurationError, match="plugins_allowed names the plugin") as caught:
            site.load(plugins_allowed=text)
        assert hint in str(caught.value)


def test_no_other_plugin_takes_the_place_of_sysmon_s_own(site: Site) -> None:
    site.add(good("uptime"), plugin="a-stranger", dist="strange")
    site.add(good("uptime"), plugin="uptime", dist="sysmon")
    found = site.load(plugins_tolerant=True)
    assert found.sources["uptime"].distribution == "sysmon"
    assert list(found.left_out) == ["a-stranger"]


BROKEN = {
    "import": "import nonesuch_zz",
    "exit": "raise SystemExit(1)",
    "no hook": "",
    "wrong hook": hook("return []", "config"),
    "raises": hook("raise ValueError('no water')"),
    "no list": hook("return None"),
    "no metric": hook("return ['carp']"),
    "reserved": hook("return [metric('users')]"),
    "unfit": hook("return [metric('Pike')]"),
    "taken": hook("return [metric('tench'), metric('carp')]"),
    "twin": hook("return [metric('tench'), metric('tench')]"),
    "host": hook("return [metric('tench'), Upset(name='eel', title='', function=print)]")
    + "class Upset(Metric):\n    def on_host(self, search_path):\n        1 / 0",
    "undescribed": f"""
from sysmon_core import Integer, Params
{HEAD}
class Depth(Params):
    depth: Integer = 1

@hookimpl
def sysmon_metrics():
    return [metric('tench', params=Depth)]
""",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_plugin_at_fault_stops_the_start_or_is_left_out_alone(
    kind: str, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.add(good("carp"), plugin="a", dist="good-one")
    site.add(BROKEN[kind], plugin="b", dist="bad-one")
    site.add(good("pike"), plugin="c", dist="good-two")
    with pytest.raises(PluginError) as caught:
        site.bind()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "the plugin b of bad-one 1.2" in sentence
    caplog.set_level(logging.WARNING)
    found = site.bind(plugins_tolerant=True).registry
    assert [metric.name for metric in found] == ["carp", "pike"]
    assert found.left_out == {"b": sentence}
    assert sentence in caplog.text


def test_of_two_plugins_with_one_name_the_second_is_left_out(site: Site) -> None:
    site.add(good("carp"), plugin="a", dist="one")
    site.add(good("pike"), plugin="a", dist="two")
    found = site.load(plugins_tolerant=True)
    assert len(list(found)) == 1
    assert list(found.left_out) == ["a"]


@pytest.mark.parametrize("name", sorted(RESERVED_PARAMS))
def test_a_parameter_may_not_be_named_like_an_option_of_the_command_line(
    name: str, site: Site
) -> None:
    code = f"""
from sysmon_core import Field, Params
{HEAD}
class Depth(Params):
    {name}: str = Field("", description="A name that is taken")

@hookimpl
def sysmon_metrics():
    return [metric('tench', params=Depth)]
"""
    site.add(code)
    with pytest.raises(PluginError, match=f"parameter {name} is a reserved name: choose another$"):
        site.load()
