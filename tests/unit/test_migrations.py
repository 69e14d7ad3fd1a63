from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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

from sysmon_core import migrations
from sysmon_core.db import Base, Database
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.users import Account, NewUser, Users
from tests.conftest import ROOT


@pytest.fixture
def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder}/sysmon.sqlite")


def alembic(database: Database, name: str, *args: str) -> None:
    """Run one of Alembic's own commands on the database."""
    config = Config()
    config.set_main_option("script_location", "sysmon_core:migrations")
    with database.write() as session:
        config.attributes["connection"] = session.connection()
        getattr(command, name)(config, *args)


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
    users = Users(database, Passwords(), 1)
    users.create(NewUser(username="ann", password="p", fullname="Ann", admin=True))
    migrations.upgrade(database)
    assert schema(database) == before
    assert users.authenticate("ann", "p") == Account("ann", "Ann", admin=True)


def test_the_steps_make_what_the_models_say(database: Database, folder: Path) -> None:
    migrations.upgrade(database)
    alembic(database, "check")
    modelled = Database(f"sqlite:///{folder}/modelled.sqlite")
    Base.metadata.create_all(modelled.engine)
    assert schema(database) == schema(modelled)
    assert "users" in schema(database)


def test_the_check_sees_a_difference(database: Database) -> None:
    migrations.upgrade(database)
    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE users ADD COLUMN extra TEXT")
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
    steps = ScriptDirectory(str(ROOT / "sysmon_core/migrations"))
    assert len(steps.get_heads()) == 1
    assert len(steps.get_bases()) == 1


def test_a_step_that_fails_leaves_nothing_behind(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE users (mine TEXT)")
    with pytest.raises(DatabaseUnavailable):
        migrations.upgrade(database)
    assert tables(database) == {"users"}
    assert [column["name"] for column in inspect(database.engine).get_columns("users")] == ["mine"]
    with database.write() as session:
        session.connection().exec_driver_sql("DROP TABLE users")
    migrations.upgrade(database)
    alembic(database, "check")


def test_upgrades_that_meet_wait_for_each_other(folder: Path) -> None:
    databases = [Database(f"sqlite:///{folder}/sysmon.sqlite") for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        assert list(pool.map(migrations.upgrade, databases)) == [None] * len(databases)
    alembic(databases[0], "check")


def test_alembics_own_command_works_on_the_database_of_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # there is no ini file
    monkeypatch.setenv("SYSMON_DATABASE_URL", f"sqlite:///{folder}/named.sqlite")
    config = Config(ROOT / "config/alembic.ini")
    command.upgrade(config, "head")
    command.check(config)
    named = Database(f"sqlite:///{folder}/named.sqlite")
    assert tables(named) == {"alembic_version", "users"}
    command.downgrade(config, "base")
    assert tables(named) == {"alembic_version"}


def test_postgresql_too_sorts_usernames_by_code_point() -> None:
    """In the model and in the steps: what is tested on SQLite does not show this."""
    output = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": output}
    )
    with Operations.context(context):
        for step in ScriptDirectory(str(ROOT / "sysmon_core/migrations")).walk_revisions():
            step.module.upgrade()
    dialect = make_url("postgresql://").get_dialect()()
    modelled = str(CreateTable(Base.metadata.tables["users"]).compile(dialect=dialect))
    for sql in (output.getvalue(), modelled):
        assert 'username VARCHAR(64) COLLATE "C" NOT NULL' in sql
