"""Loads the settings.

A setting ``name`` is ``SYSMON_NAME`` in the environment, ``SYSMON_NAME`` among systemd's
credentials, or ``sysmon.name`` in the ini file, in this order of precedence. An unknown name stops
the start. Those of a plugin are kept as texts (``plugin_values``) until the plugin is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from configparser import Error as ConfigParserError
from configparser import InterpolationError, MissingSectionHeaderError, ParsingError
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.environment import for_functions, scrub, scrubbed, variables
from sysmon_core.settings.plugin_values import PLUGIN_SECTION
from sysmon_core.settings.sources import (
    CONFIG_VARIABLE,
    CREDENTIALS_VARIABLE,
    INI_PREFIX,
    PLUGIN_VARIABLE,
    SERVICE_VARIABLE,
    Sections,
    from_credentials,
    from_environ,
    from_ini,
    of_plugins,
    read_credentials,
    unknown,
)
from sysmon_core.settings.table import ENV_PREFIX, SOCKET_PATH_LIMIT, Settings
from sysmon_core.validation import sentence_of

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
    "for_functions",
    "ignored",
    "load",
    "load_app",
    "load_file",
    "scrub",
    "scrubbed",
]

DEVELOPMENT_CONFIG = "development.ini"
DEFAULT_CONFIG = Path(__file__).with_name("default.ini")
NOTHING: Sections = MappingProxyType({})


def load(
    ini: Mapping[str, str], environ: Mapping[str, str] | None = None, sections: Sections = NOTHING
) -> Settings:
    """Make the settings from an ini section and the environment (the process's by default).

    ``sections`` are those of plugins, by the plugin's name.

    Raises:
        ConfigurationError: a name is unknown or a value is wrong; the text names its source.
    """
    environ = variables(environ)
    credentials = read_credentials(environ)
    values = from_ini(ini) | from_credentials(credentials) | from_environ(environ)
    for name, given in values.items():
        if name not in Settings.model_fields:
            raise unknown(name, given.source)
    try:
        settings = Settings.model_validate({name: given.text for name, given in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        source = values[str(first["loc"][0])].source
        reason = sentence_of(first, Settings)
        raise ConfigurationError(f"The setting {source} is wrong: {reason}") from None
    if not settings.redis_url:
        _ = settings.redis_socket  # refuses too long a path now, not at the first task
    return settings.with_plugins(of_plugins(sections, credentials, environ))


def ignored(environ: Mapping[str, str] | None = None) -> str | None:
    """Return a line for the log if the platform set variables that are named like settings."""
    found = sorted(
        name
        for name in variables(environ)
        if SERVICE_VARIABLE.fullmatch(name) and not PLUGIN_VARIABLE.fullmatch(name)
    )
    return f"Ignored, as a platform's variables of a service: {' '.join(found)}" if found else None


def config_file(environ: Mapping[str, str] | None = None) -> str:
    """Return the path of the ini file.

    It is the one in ``SYSMON_CONFIG``, else development.ini in the current folder if there is one,
    else the default.ini of this package.
    """
    named = variables(environ).get(CONFIG_VARIABLE)
    here = DEVELOPMENT_CONFIG if Path(DEVELOPMENT_CONFIG).is_file() else str(DEFAULT_CONFIG)
    return named or here


def load_file(path: str, *, logging: bool = False) -> Settings:
    """Make the settings from an ini file, as ``path`` or ``path#section``, and the environment.

    With ``logging`` the file's logging sections are applied too.

    Raises:
        ConfigurationError: the file is missing or no ini file of sysmon, or its settings are wrong.
    """
    from sysmon_core.settings.ini import open_ini  # noqa: PLC0415 - the command line starts faster

    with _readable(path):
        loader = open_ini(path)
        # Not get_wsgi_app_settings, which would import the web application.
        name = f"app:{loader.uri.fragment or 'main'}"
        if name not in loader.get_sections():
            raise LookupError(f"it has no section [{name}]")
        section = loader.get_settings(name)
        sections = loader.sections(PLUGIN_SECTION)
        if logging:
            loader.setup_logging()
    return load(section, sections=sections)


def load_app(ini: Mapping[str, str], defaults: Mapping[str, str]) -> Settings:
    """Make the settings from the section that PasteDeploy has read, and the environment.

    The sections of plugins are read from the same file, which ``defaults`` name as ``__file__``.

    Raises:
        ConfigurationError: as ``load_file`` does.
    """
    from sysmon_core.settings.ini import open_ini  # noqa: PLC0415 - the command line starts faster

    path, sections = defaults.get("__file__"), NOTHING
    if path:
        with _readable(path):
            sections = open_ini(path).sections(PLUGIN_SECTION, defaults)
    return load(ini, sections=sections)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, LookupError, ValueError, ConfigParserError) as error:
        raise ConfigurationError(
            f"The configuration {path} cannot be read: {_reason(error)}; name another in "
            f"{CONFIG_VARIABLE} (make run: CONFIG)"
        ) from None  # a parser's error may have a value, which may be a secret


def _reason(error: Exception) -> str:
    """Say what is wrong in a file, without any value."""
    match error:
        case InterpolationError():
            return f"{error.option} in [{error.section}] has a % that is none of %% and %(name)s"
        case MissingSectionHeaderError():
            return f"line {error.lineno} is before the first section"
        case ParsingError():
            lines = ", ".join(str(number) for number, _ in error.errors)
            return f"no section and no key with a value: line {lines}"
    return " ".join(str(error).split())
