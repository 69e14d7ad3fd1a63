"""Every setting of sysmon, in one table; the only place that reads the environment.

A setting ``name`` is ``sysmon.name`` in the ini file and ``SYSMON_NAME`` in the environment.
The environment beats the ini file, and that the default. An unknown name stops the start.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sysmon_core.errors import ConfigurationError
from sysmon_core.setting_types import (
    AbsolutePath,
    Addresses,
    Positive,
    PositiveInt,
    Rate,
    Share,
    Versions,
)

INI_PREFIX = "sysmon."
ENV_PREFIX = "SYSMON_"
CONFIG_VARIABLE = "SYSMON_CONFIG"
DEFAULT_CONFIG = "development.ini"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), less the closing NUL


class Settings(BaseModel):
    """The table: each field is a setting, with its type, default and help."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    var: AbsolutePath = Field(
        Path("var"),
        validate_default=True,
        description="Folder of all state: the SQLite database, the private Redis and its socket.",
    )
    listen: str = Field(
        "127.0.0.1:6543", description="Address and port that `pserve` listens on; more, by spaces."
    )
    hosts: str = Field(
        "",
        description="Names by which clients call the service, beside localhost and addresses.",
    )
    versions: Versions = Field("v1 v2 v3", description="Versions of the API that are served.")
    private: bool = Field(
        False, description="Whether versions 1 and 2, too, are for users alone, as version 3 is."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of the users' database; empty: SQLite in `var`."
    )
    database_patience: Positive = Field(
        2,
        description="Seconds that a request waits for the users' database in all, then it is 503.",
    )
    redis_url: str = Field(
        "", description="URL of the Redis server; empty: the private one, by its socket in `var`."
    )
    command_path: str = Field(
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
        description="Folders in which the programs behind metrics are looked for at start.",
    )
    plugins_allowed: str = Field(
        "", description="Names of the plugins that are loaded; empty: all that are installed."
    )
    plugins_blocked: str = Field("", description="Names of plugins that are not loaded.")
    plugins_tolerant: bool = Field(
        False,
        description="Whether a plugin that is at fault is left out; else it stops the start.",
    )
    sync_limit: Positive = Field(
        30, description="Seconds that a synchronous run may take by its params."
    )
    sync_runs: PositiveInt = Field(
        4, description="Synchronous runs of long metrics at once; keep below waitress's threads."
    )
    task_limit: Positive = Field(86400, description="Seconds that a task may take by its params.")
    task_ttl: PositiveInt = Field(
        86400, description="Seconds that a finished task and its result are kept."
    )
    task_ttl_anonymous: PositiveInt = Field(3600, description="The same where no user owns it.")
    tasks_kept: PositiveInt = Field(20000, description="Finished tasks that are kept, the newest.")
    tasks_kept_bytes: PositiveInt = Field(1 << 26, description="Bytes that all of these may have.")
    tasks_kept_per_client: PositiveInt = Field(2000, description="Those kept for one client.")
    tasks_open: PositiveInt = Field(2000, description="Tasks that may be queued or run at once.")
    tasks_per_client: PositiveInt = Field(
        500, description="The same for one client: a user in version 3, an address in version 2."
    )
    client_share: Share = Field(
        0.25, description="Part of the threads on which one client's long tasks may run at once."
    )
    overrun: Positive = Field(
        10,
        description="Seconds that a run may take beyond what its params say, then it is stopped.",
    )
    output_limit: PositiveInt = Field(
        1 << 20, description="Bytes that a program may print; a run that prints more fails."
    )
    body_limit: PositiveInt = Field(1 << 16, description="Bytes that a request's body may have.")
    password_min_length: PositiveInt = Field(
        1, description="Characters that a new password must have at least."
    )
    password_blocklist: str = Field(
        "",
        description="Words that do not count towards it; if any, the user's and host's names too.",
    )
    password_checks: PositiveInt = Field(
        3,
        description="Passwords checked at once; with `sync_runs`, keep below waitress's threads.",
    )
    guesses_per_address: Rate = Field(
        "30/minute", description="Passwords that may be tried from one address."
    )
    guesses_per_user_and_address: Rate = Field(
        "5/minute; 20/hour", description="Wrong ones for one user from one address."
    )
    guesses_per_user: Rate = Field(
        "100/hour", description="The same from all addresses where the user was not seen for a day."
    )
    syslog: str = Field(
        "/dev/log",
        description="Socket of the host's log, which hears of users that `sysmon` changes.",
    )
    trusted_proxies: Addresses = Field(
        "",
        description="Proxies, by their addresses, whose X-Forwarded-For and -Prefix are believed.",
    )

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{quote(str(self.var / 'sysmon.sqlite'))}"

    @property
    def redis(self) -> str:
        """The Redis server's URL, the default filled in."""
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def redis_socket(self) -> Path:
        """The private Redis server's socket.

        Raises:
            ConfigurationError: the folder's path is longer than a socket's may be.
        """
        path = self.var / "redis.sock"
        if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
            raise ConfigurationError(
                f"{path} is too long for a socket ({SOCKET_PATH_LIMIT} bytes): "
                f"choose a shorter {ENV_PREFIX}VAR, or set {ENV_PREFIX}REDIS_URL"
            )
        return path


def load(ini: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Settings:
    """Make the settings from an ini section and the environment (the process's by default).

    Raises:
        ConfigurationError: a name is unknown or a value does not fit, in one sentence.
    """
    values = _from_ini(ini) | _from_environ(os.environ if environ is None else environ)
    for name, (_, source) in values.items():
        if name not in Settings.model_fields:
            raise _unknown(name, source)
    try:
        settings = Settings.model_validate({name: value for name, (value, _) in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        source = values[str(first["loc"][0])][1]
        reason = first["msg"].removeprefix("Value error, ")  # which is how pydantic quotes ours
        raise ConfigurationError(f"The setting {source} is wrong: {reason}") from None
    if not settings.redis_url:
        _ = settings.redis_socket  # too long a path is told now, not at the first task
    return settings


def _unknown(name: str, source: str) -> ConfigurationError:
    close = difflib.get_close_matches(name, Settings.model_fields, 1)
    hint = f"did you mean {INI_PREFIX}{close[0]}?" if close else "docs/settings.md lists them all"
    return ConfigurationError(f"Unknown setting {source}: {hint}")


def _from_ini(ini: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Name -> value and source; what the loader and Pyramid read is left to them."""
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


def config_file(environ: Mapping[str, str] | None = None) -> str | None:
    """The ini file: ``SYSMON_CONFIG``, else development.ini in this folder if there is one."""
    named = (os.environ if environ is None else environ).get(CONFIG_VARIABLE)
    return named or (DEFAULT_CONFIG if Path(DEFAULT_CONFIG).is_file() else None)


def load_file(path: str | None, *, logging: bool = False) -> Settings:
    """Make the settings from an ini file, as ``path`` or ``path#section``, and the environment.

    With ``logging`` the file's logging sections are put in force too.

    Raises:
        ConfigurationError: the file is missing or no ini file of sysmon, or its settings are wrong.
    """
    if path is None:
        return load({})
    import plaster  # noqa: PLC0415 - the command line starts faster without it

    try:
        loader: Any = plaster.get_loader(path, protocols=["wsgi"])
        # Not get_wsgi_app_settings: it would import the web application to find them.
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
