"""The steps from an empty users' database to today's, run by Alembic."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from sysmon_core.database import Database
from sysmon_core.errors import ConfigurationError

PATIENCE = 30.0  # seconds: for another process that upgrades the same database


def upgrade(database: Database, seconds: float = PATIENCE) -> None:
    """Bring the database to the newest step, whole or not at all.

    Of several at once one does it; the others wait for it, this many seconds at most.

    Raises:
        DatabaseUnavailable: it cannot be reached.
        ConfigurationError: it has been upgraded by a later version of sysmon.
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
