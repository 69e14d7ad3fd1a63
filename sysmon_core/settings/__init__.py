"""Loads the settings; no other module reads the environment.

A setting ``name`` is ``SYSMON_NAME`` in the environment, ``SYSMON_NAME`` among systemd's
credentials, or ``sysmon.name`` in the ini file, in this order of precedence. An unknown name stops
the start.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.table import ENV_PREFIX, SOCKET_PATH_LIMIT, Settings

__all__ = [
    "CONFIG_VARIABLE",
    "CREDENTIALS_VARIABLE",
    "DEFAULT_CONFIG",
    "DEVELOPMENT_CONFIG",
    "ENV_PREFIX",
    "INI_PREFIX",
    "SOCKET_PATH_LIMIT",
    "Settings",
    "config_file",
    "load",
    "load_file",
]

INI_PREFIX = "sysmon."
CONFIG_VARIABLE = "SYSMON_CONFIG"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"  # of systemd's LoadCredential=
DEVELOPMENT_CONFIG = "development.ini"
DEFAULT_CONFIG = Path(__file__).with_name("default.ini")


def load(ini: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Settings:
    """Make the settings from an ini section and the environment (the process's by default).

    Raises:
        ConfigurationError: a name is unknown or a value is wrong; the text names its source.
    """
    environ = os.environ if environ is None else environ
    values = _from_ini(ini) | _from_credentials(environ) | _from_environ(environ)
    for name, (_, source) in values.items():
        if name not in Settings.model_fields:
            raise _unknown(name, source)
    try:
        settings = Settings.model_validate({name: value for name, (value, _) in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        source = values[str(first["loc"][0])][1]
        reason = first["msg"].removeprefix(
            "Value error, "
        )  # pydantic's, before texts of our own validators
        raise ConfigurationError(f"The setting {source} is wrong: {reason}") from None
    if not settings.redis_url:
        _ = settings.redis_socket  # refuses too long a path now, not at the first task
    return settings


def _unknown(name: str, source: str) -> ConfigurationError:
    close = difflib.get_close_matches(name, Settings.model_fields, 1)
    hint = f"did you mean {INI_PREFIX}{close[0]}?" if close else "docs/settings.md lists them all"
    return ConfigurationError(f"Unknown setting {source}: {hint}")


def _from_ini(ini: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Map each name to value and source; skip the keys of PasteDeploy and Pyramid."""
    found = {}
    for key, value in ini.items():
        source = f"{key} in the ini file"
        if key.startswith(INI_PREFIX):
            found[key.removeprefix(INI_PREFIX)] = (value, source)
        elif key != "use" and not key.startswith("pyramid."):
            raise _unknown(key, source)
    return found


def _from_environ(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        key.removeprefix(ENV_PREFIX).lower(): (value, f"{key} in the environment")
        for key, value in environ.items()
        if key.startswith(ENV_PREFIX) and key != CONFIG_VARIABLE
    }


def _from_credentials(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Read systemd's credentials that are named like our variables; ignore all others."""
    folder = Path(environ.get(CREDENTIALS_VARIABLE, os.devnull))
    try:
        found = {
            file.name: file.read_text().rstrip("\r\n") for file in folder.glob(f"{ENV_PREFIX}*")
        }
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The credentials in {folder} cannot be read: {error}") from None
    return {
        name.removeprefix(ENV_PREFIX).lower(): (value, f"{name} among the credentials")
        for name, value in found.items()
    }


def config_file(environ: Mapping[str, str] | None = None) -> str:
    """Return the path of the ini file.

    It is the one in ``SYSMON_CONFIG``, else development.ini in the current folder if there is one,
    else the default.ini of this package.
    """
    named = (os.environ if environ is None else environ).get(CONFIG_VARIABLE)
    here = DEVELOPMENT_CONFIG if Path(DEVELOPMENT_CONFIG).is_file() else str(DEFAULT_CONFIG)
    return named or here


def load_file(path: str, *, logging: bool = False) -> Settings:
    """Make the settings from an ini file, as ``path`` or ``path#section``, and the environment.

    With ``logging`` the file's logging sections are applied too.

    Raises:
        ConfigurationError: the file is missing or no ini file of sysmon, or its settings are wrong.
    """
    import plaster  # noqa: PLC0415 - the command line starts faster without it

    try:
        loader: Any = plaster.get_loader(path, protocols=["wsgi"])
        # Not get_wsgi_app_settings, which would import the web application.
        name = f"app:{loader.uri.fragment or 'main'}"
        if name not in loader.get_sections():
            raise LookupError(f"it has no section [{name}]")
        section = loader.get_settings(name)
        if logging:
            loader.setup_logging()
    except (OSError, LookupError, ValueError, ConfigParserError, plaster.PlasterError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"The configuration {path} cannot be read: {reason}") from error
    return load(section)
