"""The steps of the schema: what they make, keep and take back."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, make_url
from sqlalchemy.schema import CreateTable

from sysmon_core.database import Database, migrations
from sysmon_core.database.tables import metadata
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.services.user_fields import NewUser
from sysmon_core.services.users import Account
from tests.conftest import ROOT, owner_of, users_of
from tests.unit.database.migrations.conftest import NewUrl, alembic

STEPS = ROOT / "sysmon_core/database/migrations"
FAILS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "0003", None, None

def upgrade():
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("extra", sa.Text(), nullable=True))
    op.create_table("other", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE users SET fullname = 'changed', extra = 'x'")
    op.execute("DELETE FROM users WHERE extra = 'x'")
    op.execute("SELECT * FROM none_of_this_name")
"""


def schema(database: Database) -> dict[str, Any]:
    """All there is of tables but the one in which Alembic keeps its place."""
    found = inspect(database.engine)
    return {
        table: [
            [{**column, "type": repr(column["type"])} for column in found.get_columns(table)],
            found.get_pk_constraint(table),
            found.get_unique_constraints(table),
            found.get_indexes(table),
            found.get_foreign_keys(table),
            found.get_check_constraints(table),
        ]
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_upgrading_twice_changes_nothing_and_keeps_the_users(database: Database) -> None:
    migrations.upgrade(database)
    before = schema(database)
    users = users_of(database)
    users.create(NewUser(username="ann", password="p", fullname="Ann", admin=True))
    migrations.upgrade(database)
    assert schema(database) == before
    assert owner_of(users, "ann", "p") == Account("ann", "Ann", admin=True)


def test_the_steps_make_what_the_models_say(database: Database, new_url: NewUrl) -> None:
    migrations.upgrade(database)
    alembic(database, "check")
    modelled = Database(new_url())
    metadata.create_all(modelled.engine)
    assert schema(database) == schema(modelled)
    assert {"sessions", "tokens", "users"} <= schema(database).keys()


def test_the_check_sees_a_difference(database: Database) -> None:
    migrations.upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN extra TEXT")
    with pytest.raises(Exception, match="extra"):
        alembic(database, "check")


def test_every_step_can_be_taken_back_and_again(database: Database) -> None:
    migrations.upgrade(database)
    before = schema(database)
    alembic(database, "downgrade", "base")
    assert tables(database) == {"alembic_version"}
    migrations.upgrade(database)
    assert schema(database) == before


def test_the_steps_are_one_line_without_branches() -> None:
    steps = ScriptDirectory(str(ROOT / "sysmon_core/database/migrations"))
    assert len(steps.get_heads()) == 1
    assert len(steps.get_bases()) == 1


def test_a_step_that_fails_leaves_nothing_behind(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE users (mine TEXT)")
    with pytest.raises(DatabaseUnavailable):
        migrations.upgrade(database)
    assert tables(database) == {"users"}
    assert [column["name"] for column in inspect(database.engine).get_columns("users")] == ["mine"]
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE users")
    migrations.upgrade(database)
    alembic(database, "check")


def test_a_step_that_fails_half_way_is_taken_back_whole(database: Database, folder: Path) -> None:
    """A step of the future's that alters, fills and drops tables before it fails."""
    migrations.upgrade(database)
    users = users_of(database)
    ann = users.create(NewUser(username="ann", password="p", fullname="Ann", admin=True))
    before = schema(database)
    (folder / "9000_fails.py").write_text(FAILS)
    config = Config()
    config.set_main_option("script_location", "sysmon_core:database/migrations")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{STEPS}/versions\n{folder}")

    def fail() -> None:
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    with pytest.raises(DatabaseUnavailable):
        fail()
    assert schema(database) == before
    assert tables(database) == {"alembic_version", "sessions", "tokens", "users"}
    assert users.list() == [ann]
    alembic(database, "check")


def test_alembics_own_command_works_on_the_database_of_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # there is no ini file
    monkeypatch.setenv("SYSMON_DATABASE_URL", f"sqlite:///{folder}/named.sqlite")
    config = Config(ROOT / "config/alembic.ini")
    command.upgrade(config, "head")
    command.check(config)
    named = Database(f"sqlite:///{folder}/named.sqlite")
    assert tables(named) == {"alembic_version", "sessions", "tokens", "users"}
    command.downgrade(config, "base")
    assert tables(named) == {"alembic_version"}


def test_postgresql_too_sorts_usernames_by_code_point() -> None:
    """In the model and in the steps: what is tested on SQLite does not show this."""
    output = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": output}
    )
    with Operations.context(context):
        for step in ScriptDirectory(str(ROOT / "sysmon_core/database/migrations")).walk_revisions():
            step.module.upgrade()
    dialect = make_url("postgresql://").get_dialect()()
    modelled = str(CreateTable(metadata.tables["users"]).compile(dialect=dialect))
    for sql in (output.getvalue(), modelled):
        assert 'username VARCHAR(64) COLLATE "C" NOT NULL' in sql
