"""What is wrong with the settings of a plugin is told in a sentence, without a value."""

from __future__ import annotations

import logging
from typing import Annotated, Self

import pytest

from sysmon_core import (
    Duration,
    Field,
    Integer,
    Metric,
    PluginSettings,
    SecretStr,
    field_validator,
    model_validator,
)
from sysmon_core import settings as core
from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.host import bind
from sysmon_core.metrics.registry import Registry
from tests.unit.metrics.plugin_settings.conftest import (
    SECRET,
    SOURCE,
    Pond,
    binding,
    nothing,
    refused,
)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"COUNT": "many"},
            (
                "The setting SYSMON_PLUGIN_SPACE_COUNT in the environment is wrong: "
                "must be a whole number, in the digits 0 to 9"
            ),
        ),
        (
            {"count": "0"},
            ("The setting count in [plugin:space] of the ini file is wrong: must be at least 1"),
        ),
        (
            {"kind": SECRET},
            (
                "The setting kind in [plugin:space] of the ini file is wrong: "
                "must be 'pond' or 'lake'"
            ),
        ),
        (
            {"tokne": SECRET},
            "Unknown setting tokne in [plugin:space] of the ini file: did you mean token?",
        ),
        (
            {"TOKNE": SECRET},
            (
                "Unknown setting SYSMON_PLUGIN_SPACE_TOKNE in the environment: "
                "did you mean SYSMON_PLUGIN_SPACE_TOKEN?"
            ),
        ),
        (
            {"tokne_file": SECRET},
            (
                "Unknown setting tokne_file in [plugin:space] of the ini file: "
                "did you mean token_file?"
            ),
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(given: dict[str, str], sentence: str) -> None:
    assert refused(**{"token": SECRET} | given) == sentence


class Net(PluginSettings):
    hidden: list[Annotated[str, Field(pattern="^[a-z0-9]+$")]] = Field(
        [], description="Names of interfaces that are not shown"
    )
    sizes: tuple[Integer, ...] | None = Field(None, max_length=3, description="Sizes")
    token: SecretStr | None = Field(None, min_length=8, description="What opens the door")
    deep: bool = Field(False, description="Whether it is deep")
    share: float = Field(0.5, gt=0, lt=1, description="How much")
    wait: Duration = Field(60.0, description="How long")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "HIDDEN",
            "lo ifb0,ifb1",
            (
                " in value 2 of its list (separated by white space): "
                "must fit its description: Names of interfaces that are not shown"
            ),
        ),
        (
            "SIZES",
            "1 2 x",
            (
                " in value 3 of its list (separated by white space): "
                "must be a whole number, in the digits 0 to 9"
            ),
        ),
        ("SIZES", "1 2 3 4", ": must have at most 3 values"),
        ("TOKEN", SECRET, ": must have a length of at least 8"),
        ("DEEP", "perhaps", ": must be true or false"),
        ("SHARE", "1", ": must be less than 1"),
        ("SHARE", "much", ": must be a number"),
        ("WAIT", "-1", ": must be seconds, or a number with one of ms, s, m, h, d: 90, 90s, 5m"),
    ],
)
def test_a_wrong_value_is_told_in_the_words_of_params(name: str, value: str, told: str) -> None:
    place = f"The setting SYSMON_PLUGIN_SPACE_{name} in the environment is wrong"
    assert refused(Net, **{name: value}) == place + told


def test_a_missing_setting_is_told_with_both_places() -> None:
    assert refused() == (
        "the plugin space of sysmon-space 1.2 needs the setting token (What opens the door): "
        "set SYSMON_PLUGIN_SPACE_TOKEN in the environment, "
        "or token in [plugin:space] of the ini file"
    )


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    assert refused(zzz="1").endswith(": the plugin space has the settings token, count, kind")
    assert refused(None, zzz="1").endswith(": the plugin space has no settings")


class Careless(PluginSettings):
    token: SecretStr = Field(description="What opens the door")

    @field_validator("token")
    @classmethod
    def _is_long(cls, token: SecretStr) -> SecretStr:
        raise ValueError(f"{token.get_secret_value()} is too short")


class Reckless(PluginSettings):
    token: SecretStr = Field(description="What opens the door")

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        raise KeyError(self.token.get_secret_value())


class Whole(PluginSettings):
    token: SecretStr = Field(description="What opens the door")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        raise ValueError(f"give a key beside {self.token.get_secret_value()}")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Careless, "The setting token in [plugin:space] of the ini file is wrong: ***"),
        (Reckless, "the plugin space of sysmon-space 1.2 fails to check its settings (KeyError: "),
        (Whole, "The settings of the plugin space of sysmon-space 1.2 do not fit each other: give"),
    ],
)
def test_a_validator_of_the_plugin_tells_no_secret(model: type[PluginSettings], told: str) -> None:
    assert refused(model, token=SECRET).startswith(told)


def test_a_wrong_default_is_the_plugins_fault() -> None:
    class Wrong(PluginSettings):
        count: Integer = Field("many", description="x")  # type: ignore[assignment]

    assert refused(Wrong).startswith(
        "the plugin space of sysmon-space 1.2 has a setting count whose default is wrong: "
    )


def test_a_tolerant_start_leaves_out_the_plugin(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert binding(Pond, tolerant=True, token="x", COUNT=SECRET) is None
    assert "left out: The setting SYSMON_PLUGIN_SPACE_COUNT in the environment" in caplog.text
    assert SECRET not in caplog.text


def test_a_name_of_no_plugin_stops_the_start_and_is_told_by_a_tolerant_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    environ = {"SYSMON_PLUGIN_SPCAE_TOKEN": SECRET}
    told = "SYSMON_PLUGIN_SPCAE_TOKEN in the environment is of no plugin"
    registry = Registry([(Metric(name="space", title="", function=nothing), SOURCE)])
    with pytest.raises(ConfigurationError, match=told):
        bind(registry, core.load({}, environ))
    assert bind(registry, core.load({"sysmon.plugins_tolerant": "1"}, environ)).get("space")
    assert told in caplog.text
    assert SECRET not in caplog.text


def test_a_plugin_that_is_installed_but_not_served_may_have_settings() -> None:
    config = core.load({}, {"SYSMON_PLUGIN_TIME_TOKEN": "x"}, {"old": {"x": "1"}})
    pairs = [(Metric(name="space", title="", function=nothing), SOURCE)]
    assert bind(Registry(pairs, {"old": "why"}, ["time"]), config).get("space")
