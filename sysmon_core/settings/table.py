"""The table of all settings; ``settings`` loads them, docs/settings.md has the same texts."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from pydantic import ConfigDict, Field

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.logins import LoginSettings
from sysmon_core.settings.runs import RunSettings
from sysmon_core.settings.types import AbsolutePath, Addresses, Positive, PositiveInt, Versions

ENV_PREFIX = "SYSMON_"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), less the closing NUL


class Settings(RunSettings, LoginSettings):
    """All settings: each field is one, with its type, default and description."""

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
    hosts: str = Field(
        "",
        description=(
            "Host names by which clients call the service, separated by spaces, beside "
            "localhost and IP addresses."
        ),
    )
    versions: Versions = Field("v1 v2 v3", description="Versions of the API that are served.")
    private: bool = Field(
        False,
        description="Whether versions 1 and 2 are for authenticated users only, as version 3 is.",
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of the users' database; empty: SQLite in `var`."
    )
    database_patience: Positive = Field(
        2,
        description=(
            "Seconds that a request waits for the users' database in all; then the answer is 503."
        ),
    )
    redis_url: str = Field(
        "", description="URL of the Redis server; empty: the private one, by its socket in `var`."
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
            "users."
        ),
    )
    trusted_proxies: Addresses = Field(
        "",
        description=(
            "Proxies whose X-Forwarded- headers are trusted, separated by spaces: an address or "
            "`unix` each."
        ),
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
