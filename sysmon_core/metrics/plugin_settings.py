"""PluginSettings: what a plugin asks the operator for, and the rules of its declaration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.fields import FieldInfo

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.constraints import misfits
from sysmon_core.metrics.field_types import choices_of, kind_of, takes_many
from sysmon_core.metrics.settable import COMPOUND_NAMES, SCALAR_NAMES, SCALARS

NAME = re.compile(r"[a-z][a-z0-9_]*")
KINDS = (*SCALARS, Path, SecretStr)
KIND_NAMES = f"{SCALAR_NAMES}, Path, SecretStr, {COMPOUND_NAMES}"


class PluginSettings(BaseModel):
    """What a plugin asks the operator for; a plugin's own model inherits from it.

    Each field's type, range, default and description is declared once, here. A field without a
    default must be set. One of the type SecretStr is shown nowhere.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,  # or the default of a secret would be no secret
        allow_inf_nan=False,
    )


def settings_model(models: Iterable[Any]) -> type[PluginSettings] | None:
    """Return the model that the metrics of one plugin declare; None if they declare none.

    Raises:
        ConfigurationError: they declare two, or one that the sources of settings cannot set.
    """
    found = list(dict.fromkeys(model for model in models if model is not None))
    for model in found:
        if not (isinstance(model, type) and issubclass(model, PluginSettings)):
            what = f"declares {model!r} as settings, which is no PluginSettings"
            raise ConfigurationError(f"{what}: inherit from it")
        for name, field in model.model_fields.items():
            _check(name, field)
    if len(found) > 1:
        names = " and ".join(model.__name__ for model in found)
        raise ConfigurationError(f"declares {names} as settings: all its metrics must share one")
    return found[0] if found else None


def _check(name: str, field: FieldInfo) -> None:
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"has a setting {name}: use small letters, digits and _")
    if field.alias or field.validation_alias:
        raise ConfigurationError(f"has a setting {name} with an alias: leave that out")
    if not field.description:
        what = f"has a setting {name} without a description"
        raise ConfigurationError(f"{what}: give Field(description=...)")
    kind = kind_of(field)
    words = choices_of(kind)
    if kind not in KINDS and not (words and all(type(word) is str for word in words)):
        what = f"has a setting {name} of a type that no text can be"
        raise ConfigurationError(f"{what}: use {KIND_NAMES}")
    for misfit in misfits(field):
        raise ConfigurationError(f"has a setting {name} that {misfit}")


def is_secret(field: FieldInfo) -> bool:
    """Whether a field's values must be shown nowhere."""
    return kind_of(field) is SecretStr


def inputs(model: type[PluginSettings], texts: Mapping[str, str]) -> dict[str, Any]:
    """Make what the model validates of the texts of its settings.

    A list is written with white space between its values. A path is absolute: the processes of
    functions have a folder of their own.
    """
    return {name: _input(model.model_fields[name], text) for name, text in texts.items()}


def _input(field: FieldInfo, text: str) -> Any:
    whole: list[str] = text.split() if takes_many(field) else [text]
    if kind_of(field) is Path:
        whole = [str(Path(one).absolute()) if one else one for one in whole]
    return whole if takes_many(field) else whole[0]
