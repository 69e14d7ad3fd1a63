"""Variables with our prefix that are no settings: a platform's, and the plugins'."""

from __future__ import annotations

import pytest

from sysmon_core import settings
from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.plugin_values import PluginValues

PLATFORMS = {
    "SYSMON_SERVICE_HOST": "10.0.0.1",
    "SYSMON_SERVICE_PORT": "80",
    "SYSMON_SERVICE_PORT_HTTP": "80",
    "SYSMON_PORT": "tcp://10.0.0.1:80",
    "SYSMON_PORT_80_TCP": "tcp://10.0.0.1:80",
    "SYSMON_PORT_80_TCP_PROTO": "tcp",
    "SYSMON_PORT_80_TCP_PORT": "80",
    "SYSMON_PORT_53_UDP_ADDR": "10.0.0.1",
    "SYSMON_REDIS_SERVICE_HOST": "10.0.0.2",
    "SYSMON_REDIS_PORT_6379_TCP_ADDR": "10.0.0.2",
    "SYSMON_NAME": "/web/sysmon",
    "SYSMON_ENV_PATH": "/bin",
}


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_variable_of_a_platform_is_ignored_and_named_for_the_log(name: str) -> None:
    environ = {name: PLATFORMS[name]}
    assert settings.load({}, environ) == settings.load({}, {})
    assert settings.ignored(environ) == f"Ignored, as a platform's variables of a service: {name}"


def test_without_one_there_is_no_line() -> None:
    assert settings.ignored({"SYSMON_VAR": "/srv", "PATH": "/bin"}) is None


@pytest.mark.parametrize("name", ["SYSMON_PLUGIN_X_TOKEN", "SYSMON_PLUGIN_KERNEL_API_URL"])
def test_a_variable_of_a_plugin_is_left_to_the_plugin(name: str) -> None:
    loaded = settings.load({}, {name: "secret"})
    assert loaded.with_plugins(PluginValues()) == settings.load({}, {})
    assert list(loaded.plugins.variables) == [name]
    assert settings.ignored({name: "secret"}) is None


@pytest.mark.parametrize(
    "name", ["SYSMON_PLUGIN_ALLOWED", "SYSMON_PLUGIN_TOKEN", "SYSMON_PORTS", "SYSMON_X_TOKEN"]
)
def test_what_only_resembles_one_still_stops_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Unknown setting {name} "):
        settings.load({}, {name: "1"})


@pytest.mark.parametrize("name", settings.Settings.model_fields)
def test_no_setting_is_taken_for_one(name: str) -> None:
    assert settings.ignored({f"SYSMON_{name.upper()}": "x"}) is None
