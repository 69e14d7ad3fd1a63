"""Settings of a plugin, bound as a host binds them."""

from __future__ import annotations

import traceback
from typing import Any, Literal

import pytest

from sysmon_core import Field, Integer, Metric, PluginSettings, SecretStr
from sysmon_core import settings as core
from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.host import bind
from sysmon_core.metrics.registry import Registry, Source

SECRET = "hunter2"
SOURCE = Source("space", "sysmon-space", "1.2")


class Pond(PluginSettings):
    token: SecretStr = Field(description="What opens the door")
    count: Integer = Field(3, ge=1, description="How many")
    kind: Literal["pond", "lake"] = Field("pond", description="What it is")


def nothing(_params: object, _run: object) -> str:
    return ""


def binding(model: type[PluginSettings] | None, tolerant: Any = False, **ini: Any) -> Any:
    """A plugin's settings, of an ini section and of variables, whose names are in capitals."""
    environ = {name: value for name, value in ini.items() if name.isupper()}
    section = {name: value for name, value in ini.items() if not name.isupper()}
    config = core.load(
        {"sysmon.plugins_tolerant": str(tolerant)},
        {f"SYSMON_PLUGIN_SPACE_{name}": value for name, value in environ.items()},
        {"space": section} if section else {},
    )
    metric = Metric(name="space", title="", function=nothing, settings=model)
    plain = Metric(name="plain", title="", function=nothing)
    host = bind(Registry([(metric, SOURCE), (plain, SOURCE)]), config)
    bound, other = host.get("space"), host.get("plain")
    assert other is None or other.config is None
    return bound and bound.config and bound.config.settings


def refused(model: Any = Pond, **given: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        binding(model, **given)
    sentence = str(caught.value)
    assert SECRET not in sentence
    assert "\n" not in sentence
    shown = traceback.format_exception(caught.value)
    assert SECRET not in "".join(shown[-1:])
    assert "During handling" not in "".join(shown)
    return sentence
