"""Validates what the operator has set for a plugin: each error names the place and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sysmon_core.errors import ConfigurationError, PluginError
from sysmon_core.metrics.masking import Mask, mask_of
from sysmon_core.metrics.plugin_settings import PluginSettings, inputs, is_secret
from sysmon_core.printable import describe
from sysmon_core.running.run import NoSettings
from sysmon_core.settings.plugin_values import PLUGIN_PREFIX, Given, section_of, variable
from sysmon_core.settings.secret_file import read_secret
from sysmon_core.suggestion import suggestion
from sysmon_core.validation import sentence_of

FILE_SUFFIX = "_file"  # ends the name of a setting whose value is in a file

Layers = Sequence[Mapping[str, Given]]


@dataclass(frozen=True)
class PluginConfig:
    """The settings of one plugin on this host, shown nowhere.

    Args:
        settings: the validated model, as runs have it.
        inputs: what it was validated from, for a process that makes the same again.
        mask: masks the secrets among them in a text.
    """

    settings: PluginSettings = field(repr=False)
    inputs: Mapping[str, Any] = field(repr=False)
    mask: Mask = field(repr=False)


def settings_of(config: PluginConfig | None) -> PluginSettings | NoSettings:
    """Return the settings that a run has, given those of its plugin."""
    return config.settings if config else NoSettings()


def configure(
    model: type[PluginSettings] | None, plugin: str, origin: object, layers: Layers
) -> PluginConfig | None:
    """Validate the settings of a plugin; None if it declares none.

    Args:
        model: what the plugin declares.
        plugin: its name.
        origin: the plugin and its distribution, for errors.
        layers: the values by setting of each source; the later goes before the earlier.

    Raises:
        PluginError: a name is unknown, a value is wrong or missing, or a file cannot be read.
    """
    fields = model.model_fields if model else {}
    chosen: dict[str, _Chosen] = {}
    for layer in layers:
        chosen |= _by_setting(fields, layer, plugin)
    if model is None:
        return None
    texts = {name: one.text() for name, one in chosen.items()}
    given = inputs(model, texts)
    mask = mask_of(text for name, text in texts.items() if is_secret(fields[name]))
    try:
        return PluginConfig(model.model_validate(given), given, mask)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)[0]
        told = _sentence(details, chosen, model, plugin, origin)
    except Exception as error:  # noqa: BLE001 - a validator of the plugin may raise anything
        told = f"{origin} fails to check its settings ({describe(error)}): mend it"
    raise PluginError(mask(told))


@dataclass(frozen=True)
class _Chosen:
    """A value for a setting: it, or the path of a file that has it."""

    given: Given
    in_file: bool

    def text(self) -> str:
        if not self.in_file:
            return self.given.text
        try:
            return read_secret(Path(self.given.text))
        except ConfigurationError as error:
            # Without the path: somebody may have written a secret in its place.
            what = f"The setting {self.given.source} is wrong"
            raise PluginError(f"{what}: its file {error}") from None


def _by_setting(
    fields: Mapping[str, Any], layer: Mapping[str, Given], plugin: str
) -> dict[str, _Chosen]:
    """Map the settings to the values of one source."""
    found: dict[str, _Chosen] = {}
    for key, given in layer.items():
        name = key if key in fields else key.removesuffix(FILE_SUFFIX)
        if name not in fields:
            if given.ambiguous:
                continue
            raise PluginError(
                f"Unknown setting {given.source}: {_hint(key, given, fields, plugin)}"
            )
        if name in found:
            both = f"{found[name].given.source} and {given.source}"
            raise PluginError(f"The setting {name} is given twice, as {both}: remove either")
        found[name] = _Chosen(given, in_file=name != key)
    return found


def _hint(key: str, given: Given, fields: Mapping[str, Any], plugin: str) -> str:
    names = [*fields, *(name + FILE_SUFFIX for name in fields)]
    in_variable = given.source.startswith(PLUGIN_PREFIX)
    written = partial(variable, plugin) if in_variable else str
    listed = ", ".join(fields)
    return suggestion(key, names, written) or (
        f"the plugin {plugin} has {f'the settings {listed}' if listed else 'no settings'}"
    )


def _sentence(
    details: ErrorDetails,
    chosen: Mapping[str, _Chosen],
    model: type[PluginSettings],
    plugin: str,
    origin: object,
) -> str:
    name = str(details["loc"][0]) if details["loc"] else ""
    reason = sentence_of(details, model)
    if name in chosen:
        given = chosen[name].given
        return f"The setting {given.source} is wrong{_place(details)}: {reason}"
    if not name:
        return f"The settings of {origin} do not fit each other: {reason}"
    if details["type"] != "missing":
        return f"{origin} has a setting {name} whose default is wrong: {reason}: mend it"
    what = f"{origin} needs the setting {name} ({model.model_fields[name].description})"
    section = f"{section_of(plugin)} of the ini file"
    return f"{what}: set {variable(plugin, name)} in the environment, or {name} in {section}"


def _place(details: ErrorDetails) -> str:
    """Say which value of a list is wrong, and how lists are written; empty where there is none."""
    match details["loc"]:
        case (_, int(index), *_):
            return f" in value {index + 1} of its list (separated by white space)"
    return ""
