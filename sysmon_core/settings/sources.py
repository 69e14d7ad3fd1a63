"""The sources of settings: the ini file, systemd's credentials and the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.plugin_values import PLUGIN_PREFIX, Given, PluginValues, section_of
from sysmon_core.settings.secret_file import read_secret
from sysmon_core.settings.table import ENV_PREFIX, Settings
from sysmon_core.suggestion import suggestion

INI_PREFIX = "sysmon."
CONFIG_VARIABLE = "SYSMON_CONFIG"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"  # of systemd's LoadCredential=
PLUGIN_VARIABLE = re.compile(PLUGIN_PREFIX + r"[A-Z0-9]+_\w+")
# Kubernetes, and Docker's links, name variables so for a service named sysmon or sysmon-NAME.
SERVICE_VARIABLE = re.compile(
    r"SYSMON(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|NAME|ENV_\w+"
    r"|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)

Sections = Mapping[str, Mapping[str, str]]


def from_ini(ini: Mapping[str, str]) -> dict[str, Given]:
    """Map each name to its value; skip the keys of PasteDeploy and Pyramid.

    Raises:
        ConfigurationError: a key is of neither, and does not begin as our own do.
    """
    found = {}
    for key, value in ini.items():
        source = f"{key} in the ini file"
        if key.startswith(INI_PREFIX):
            found[key.removeprefix(INI_PREFIX)] = Given(value, source)
        elif key != "use" and not key.startswith("pyramid."):
            raise unknown(key, source)
    return found


def from_credentials(credentials: Mapping[str, str]) -> dict[str, Given]:
    """Map each name of a setting of our own to its value among the credentials."""
    return {
        key.removeprefix(ENV_PREFIX).lower(): Given(value, f"{key} among the credentials")
        for key, value in credentials.items()
        if not PLUGIN_VARIABLE.fullmatch(key)
    }


def from_environ(environ: Mapping[str, str]) -> dict[str, Given]:
    """Map each name of a setting of our own to its value in the environment."""
    return {
        key.removeprefix(ENV_PREFIX).lower(): Given(value, f"{key} in the environment")
        for key, value in environ.items()
        if key.startswith(ENV_PREFIX) and key != CONFIG_VARIABLE and not _is_foreign(key)
    }


def of_plugins(
    sections: Sections, credentials: Mapping[str, str], environ: Mapping[str, str]
) -> PluginValues:
    """Collect what the sources give for plugins; ``sections`` are by the plugin's name."""
    return PluginValues(
        {
            name: {
                key: Given(value, f"{key} in {section_of(name)} of the ini file")
                for key, value in section.items()
            }
            for name, section in sections.items()
        },
        _of_plugins(credentials, "among the credentials"),
        _of_plugins(environ, "in the environment"),
    )


def _of_plugins(found: Mapping[str, str], where: str) -> dict[str, Given]:
    return {
        key: Given(value, f"{key} {where}", bool(SERVICE_VARIABLE.fullmatch(key)))
        for key, value in found.items()
        if PLUGIN_VARIABLE.fullmatch(key)
    }


def _is_foreign(variable: str) -> bool:
    """Whether a variable with our prefix is no setting of the core."""
    return bool(SERVICE_VARIABLE.fullmatch(variable) or PLUGIN_VARIABLE.fullmatch(variable))


def read_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """Read systemd's credentials that are named like our variables; ignore all others.

    Raises:
        ConfigurationError: one cannot be read.
    """
    folder = Path(environ.get(CREDENTIALS_VARIABLE, os.devnull))
    return {file.name: _read_credential(file) for file in folder.glob(f"{ENV_PREFIX}*")}


def _read_credential(file: Path) -> str:
    try:
        return read_secret(file)
    except ConfigurationError as error:
        raise ConfigurationError(f"The credential {file} {error}") from None


def unknown(name: str, source: str) -> ConfigurationError:
    """Make the error of a name that is no setting of the core."""
    meant = suggestion(name, Settings.model_fields, f"{INI_PREFIX}{{}}".format)
    hint = meant or "docs/settings.md lists them all"
    return ConfigurationError(f"Unknown setting {source}: {hint}")
