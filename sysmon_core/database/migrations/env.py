"""Alembic's environment: migrates the given connection, else the database of the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from sysmon_core import settings
from sysmon_core.database import Database
from sysmon_core.database.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection, in batch mode since SQLite cannot alter a column."""
    context.configure(connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    database = Database(settings.load_file(settings.config_file()).database)
    with database.write() as own:
        migrate(own)
