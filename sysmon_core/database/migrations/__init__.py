"""The migrations of the users' database, run by Alembic."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from sysmon_core.database import Database
from sysmon_core.errors import ConfigurationError

UPGRADE_SECONDS = 30.0  # deadline, with the wait for another process that upgrades the database


def upgrade(database: Database, seconds: float = UPGRADE_SECONDS) -> None:
    """Upgrade the database to the latest revision, in one transaction.

    Of several processes at once one upgrades; the others wait for it, so many seconds at most.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
        ConfigurationError: a later version of sysmon has upgraded the database.
    """
    config = Config()
    config.set_main_option("script_location", "sysmon_core:database/migrations")
    with database.write(seconds) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigurationError(
                f"The users' database is not this version's: {error}"
            ) from error
