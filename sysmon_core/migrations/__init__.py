"""The steps from an empty users' database to today's, run by Alembic."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from sysmon_core.db import Database


def upgrade(database: Database) -> None:
    """Bring the database to the newest step, whole or not at all.

    Raises:
        DatabaseUnavailable: it cannot be reached.
    """
    config = Config()
    config.set_main_option("script_location", "sysmon_core:migrations")
    with database.write() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")
