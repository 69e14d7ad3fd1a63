"""The group of commands that use the users' database, and their audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sysmon_core.cli.group import Group
from sysmon_core.cli.run import load_settings
from sysmon_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from sysmon_core.settings import Settings

# Imports are made by the commands that need them: `sysmon --help` should not wait for argon2.
# ruff: noqa: PLC0415


class DatabaseGroup(Group):
    """Commands that need the users' database: a refusal says which one, by which setting."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if not isinstance(error.__cause__, DatabaseUnavailable):
                raise
            told = _told(error.message, load_settings())
            raise click.ClickException(told) from error


def _told(refusal: str, config: Settings) -> str:
    """Add to a refusal the file or host of the users' database, and the setting that says so."""
    from sqlalchemy import make_url

    url = make_url(config.database)
    setting = "database_url" if config.database_url else "var"
    if url.get_backend_name() != "sqlite" or not url.database:
        return f"{refusal} ({url.host}, setting {setting})"
    folder = Path(url.database).parent
    if folder.is_dir():
        return f"{refusal} ({url.database}, setting {setting})"
    remedy = "make it" if config.database_url else "run `sysmon database upgrade`"
    return f"There is no folder {folder} for the users' database (setting {setting}): {remedy}"


def audited_settings() -> Settings:
    """Load the settings, and send audit lines to the host's syslog until the command ends."""
    from sysmon_core import logs
    from sysmon_core.services import audit

    config = load_settings()
    click.get_current_context().with_resource(logs.to_syslog(audit.logger, config.syslog))
    return config


def usernames() -> list[str]:
    """List the names of the users, for a shell that completes one."""
    from sysmon_core.services.users import Users

    return [account.username for account in Users.of(load_settings()).list()]
