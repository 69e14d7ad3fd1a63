"""The table of all settings; ``settings`` loads them, docs/settings.md has the same texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self
from urllib.parse import quote

from pydantic import ConfigDict, Field, PrivateAttr

from sysmon_core.addresses import UNIX
from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.logins import LoginSettings
from sysmon_core.settings.plugin_values import PluginValues
from sysmon_core.settings.runs import RunSettings
from sysmon_core.settings.types import (
    KNOWN_VERSIONS,
    AbsolutePath,
    Addresses,
    List,
    Positive,
    PositiveInt,
    Versions,
)

ENV_PREFIX = "SYSMON_"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), less the closing NUL


class Settings(RunSettings, LoginSettings):
    """All settings: each field is one, with its type, default and description.

    A value that may have a password is in no representation of the whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    var: AbsolutePath = Field(
        Path("var"),
        validate_default=True,
        description="Folder of all state: the SQLite database, the private Redis and its socket.",
    )
    listen: str = Field(
        "127.0.0.1:6543",
        description=(
            "Addresses that the server serves, separated by spaces: `HOST:PORT` or `unix:/PATH` "
            "each."
        ),
    )
    hosts: List = Field(
        (),
        description=(
            "Host names by which clients call the service, separated by spaces, beside "
            "localhost and IP addresses."
        ),
    )
    versions: Versions = Field(KNOWN_VERSIONS, description="Versions of the API that are served.")
    private: bool = Field(
        False,
        description="Whether versions 1 and 2 are for authenticated users only, as version 3 is.",
    )
    database_url: str = Field(
        "",
        repr=False,
        exclude=True,
        description="SQLAlchemy URL of the users' database; empty: SQLite in `var`.",
    )
    database_timeout: Positive = Field(
        2,
        description=(
            "Seconds that a request waits for the users' database in all; then the answer is 503."
        ),
    )
    redis_url: str = Field(
        "",
        repr=False,
        exclude=True,
        description="URL of the Redis server; empty: the private one, by its socket in `var`.",
    )
    command_path: str = Field(
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
        description=(
            "Folders in which the programs of metrics are looked for at the start, separated by "
            "colons."
        ),
    )
    plugins_allowed: str = Field(
        "",
        description=(
            "Names of the plugins that are loaded, separated by spaces; empty: all that are "
            "installed."
        ),
    )
    plugins_blocked: str = Field(
        "", description="Names of plugins that are not loaded, separated by spaces."
    )
    plugins_tolerant: bool = Field(
        False,
        description="Whether a plugin that is at fault is left out; otherwise it stops the start.",
    )
    body_limit: PositiveInt = Field(1 << 16, description="Largest body of a request, in bytes.")
    syslog: str = Field(
        "/dev/log",
        description=(
            "Socket of the host's syslog, to which the `sysmon` command writes each change of "
            "users and tokens."
        ),
    )
    trusted_proxies: Addresses = Field(
        (),
        description=(
            "Proxies whose X-Forwarded- headers are trusted, separated by spaces: an address or "
            "`unix` each."
        ),
    )

    _plugins: PluginValues = PrivateAttr(default_factory=PluginValues)

    @property
    def plugins(self) -> PluginValues:
        """The values for plugins; no field, so that nothing that shows the settings has them."""
        return self._plugins

    def with_plugins(self, values: PluginValues) -> Self:
        """Give the same settings with these values for plugins."""
        copy = self.model_copy()
        copy._plugins = values  # noqa: SLF001 - of this class
        return copy

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which clients call the service: ``hosts``, and those at which it listens."""
        words = [word for word in self.listen.split() if not word.startswith(f"{UNIX}:")]
        return (*self.hosts, *(word.rpartition(":")[0].removesuffix(".") for word in words))

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
