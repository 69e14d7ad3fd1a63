"""Every setting of sysmon, in one table: ``settings`` reads them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.types import (
    KNOWN_VERSIONS,
    AbsolutePath,
    Addresses,
    List,
    Positive,
    PositiveInt,
    Rate,
    Share,
    Versions,
)

ENV_PREFIX = "SYSMON_"
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
        "127.0.0.1:6543",
        description="`HOST:PORT` or `unix:/PATH` that `pserve` serves; more, by spaces.",
    )
    hosts: List = Field(
        (), description="Names by which clients call the service, beside localhost and addresses."
    )
    versions: Versions = Field(KNOWN_VERSIONS, description="Versions of the API that are served.")
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
        4, description="Synchronous runs of long metrics at once, in each server process."
    )
    sync_runs_per_client: PositiveInt = Field(
        2, description="The same of one client: an address, or a /64 network of IPv6."
    )
    quick_runs: PositiveInt = Field(
        4, description="Runs of one quick metric at once, in each server process."
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
        description="Passwords checked at once; one place is kept for users known where they are.",
    )
    password_queue: PositiveInt = Field(
        32,
        description="Logins that wait for that, in each server process; half as many more may.",
    )
    guesses_per_address: Rate = Field(
        "30/minute", description="Wrong passwords from one address, but of users known there."
    )
    guesses_per_user_and_address: Rate = Field(
        "5/minute; 20/hour", description="Wrong ones for one user from one address."
    )
    guesses_per_user: Rate = Field(
        "100/hour",
        description="The same from all addresses, but where the user is known: let in this month.",
    )
    syslog: str = Field(
        "/dev/log",
        description="Socket of the host's log, which hears of users that `sysmon` changes.",
    )
    trusted_proxies: Addresses = Field(
        (),
        description="Proxies, an address or `unix` each, whose X-Forwarded- headers are believed.",
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
