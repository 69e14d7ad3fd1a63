"""The table of all settings; ``settings`` loads them, docs/settings.md has the same texts."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.types import (
    AbsolutePath,
    Addresses,
    Positive,
    PositiveInt,
    Rate,
    Share,
    Versions,
)

ENV_PREFIX = "SYSMON_"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), less the closing NUL


class Settings(BaseModel):
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
    sync_limit: Positive = Field(
        30,
        description=(
            "Seconds that a synchronous run may take by its params; a longer one is refused."
        ),
    )
    sync_runs: PositiveInt = Field(
        4, description="Synchronous runs of long metrics at once, in each server process."
    )
    sync_runs_per_client: PositiveInt = Field(
        2,
        description=(
            "Synchronous runs of long metrics at once for one client: an address, or a /64 "
            "network of IPv6."
        ),
    )
    quick_runs: PositiveInt = Field(
        4, description="Runs of one quick metric at once, in each server process."
    )
    worker_threads: PositiveInt = Field(
        264,
        description=(
            "Tasks that a worker runs at once, each in a thread; 8 threads, a quarter at most, are "
            "reserved for tasks of up to ten seconds. The plain `dramatiq` command has "
            "`--threads` instead."
        ),
    )
    task_limit: Positive = Field(
        86400, description="Seconds that a task may take by its params; a longer one is refused."
    )
    task_ttl: PositiveInt = Field(
        86400, description="Seconds for which a finished task and its result are kept."
    )
    task_ttl_anonymous: PositiveInt = Field(
        3600,
        description=(
            "Seconds for which a finished anonymous task, which no user owns, is kept; no "
            "longer than `task_ttl`."
        ),
    )
    tasks_kept: PositiveInt = Field(
        20000,
        description=(
            "Finished tasks that are kept, the newest; anonymous ones are half of that at most, "
            "and so are users'."
        ),
    )
    tasks_kept_bytes: PositiveInt = Field(
        1 << 26,
        description=(
            "Bytes of all finished tasks that are kept, with params and results; anonymous ones "
            "have half of that at most, and so have users'."
        ),
    )
    tasks_kept_per_client: PositiveInt = Field(
        2000, description="Finished tasks that are kept for one client, the newest."
    )
    tasks_open: PositiveInt = Field(
        2000,
        description=(
            "Tasks that may be queued or running at once; anonymous ones are half of that at most."
        ),
    )
    tasks_per_client: PositiveInt = Field(
        500,
        description=(
            "Tasks of one client that may be queued or running at once. A client is a user in "
            "version 3, and in version 2 an address, or a /64 network of IPv6."
        ),
    )
    client_share: Share = Field(
        0.25,
        description=(
            "Share of all workers' threads for long tasks that one client's tasks may use at "
            "once; as many of its brief tasks may run besides."
        ),
    )
    overrun: Positive = Field(
        10,
        description="Seconds that a run may take beyond what its params say; then it is stopped.",
    )
    output_limit: PositiveInt = Field(
        1 << 20, description="Bytes that a program may print; a run that prints more fails."
    )
    body_limit: PositiveInt = Field(1 << 16, description="Largest body of a request, in bytes.")
    password_min_length: PositiveInt = Field(
        1, description="Characters that a new password must have."
    )
    password_blocklist: str = Field(
        "",
        description=(
            "Words that do not count towards that length, separated by spaces; if there are "
            "any, the user's names and the host's name do not count either."
        ),
    )
    password_checks: PositiveInt = Field(
        3,
        description=(
            "Passwords checked at once, in each server process; if more than one, the last slot "
            "is reserved for users who have logged in from the same address in the last 30 "
            "days."
        ),
    )
    password_queue: PositiveInt = Field(
        32,
        description=(
            "Logins that wait for a password check, in each server process; half as many more "
            "may wait for the check of an equal login."
        ),
    )
    guesses_per_address: Rate = Field(
        "30/minute",
        description=(
            "Wrong passwords from one address, not counting users who have logged in from it in "
            "the last 30 days."
        ),
    )
    guesses_per_user_and_address: Rate = Field(
        "5/minute; 20/hour", description="Wrong passwords for one user from one address."
    )
    guesses_per_user: Rate = Field(
        "100/hour",
        description=(
            "Wrong passwords for one user from all addresses, not counting those from which the "
            "user has logged in in the last 30 days."
        ),
    )
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
