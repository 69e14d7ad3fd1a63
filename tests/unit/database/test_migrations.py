from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
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
from sqlalchemy import inspect, make_url, text
from sqlalchemy.schema import CreateTable

from sysmon_core.database import Database, migrations
from sysmon_core.database.deadline import DEFAULT_SECONDS
from sysmon_core.database.tables import metadata
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.services.user_fields import NewUser
from sysmon_core.services.users import Account
from tests.conftest import PATIENCE, ROOT, owner_of, users_of
from tests.support.postgresql import Cluster

STEPS = ROOT / "sysmon_core/database/migrations"
FAILS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "0001", None, None

def upgrade():
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("extra", sa.Text(), nullable=True))
    op.create_table("other", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE users SET fullname = 'changed', extra = 'x'")
    op.execute("DELETE FROM users WHERE extra = 'x'")
    op.execute("SELECT * FROM none_of_this_name")
"""


NewUrl = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, folder: Path) -> Iterator[NewUrl]:
    """Makes URLs of empty databases, all of SQLite or all of PostgreSQL."""
    with contextlib.ExitStack() as stack:

        def make() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{folder}/{uuid.uuid4().hex}.sqlite"
            cluster: Cluster = request.getfixturevalue("postgresql")
            return stack.enter_context(cluster.database())

        yield make


@pytest.fixture
def url(new_url: NewUrl) -> str:
    return new_url()


@pytest.fixture
def database(url: str) -> Database:
    return Database(url)


def alembic(database: Database, name: str, *args: str) -> None:
    """Run one of Alembic's own commands on the database."""
    config = Config()
    config.set_main_option("script_location", "sysmon_core:database/migrations")
    with database.write() as connection:
        config.attributes["connection"] = connection
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
    assert "users" in schema(database)


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
    assert tables(database) == {"alembic_version", "users"}
    assert users.list() == [ann]
    alembic(database, "check")


def test_upgrades_that_meet_wait_for_each_other(url: str) -> None:
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        assert list(pool.map(migrations.upgrade, databases)) == [None] * len(databases)
    alembic(databases[0], "check")


def test_processes_that_start_at_once_upgrade_once(new_url: NewUrl, folder: Path) -> None:
    for _ in range(3):
        url = new_url()
        environ = {
            "SYSMON_DATABASE_URL": url,
            "SYSMON_VAR": str(folder),
            "PATH": os.environ["PATH"],
        }
        command = [str(Path(sys.executable).parent / "sysmon"), "database", "upgrade"]
        started = [
            subprocess.Popen(
                command, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(3)
        ]
        said = [process.communicate(timeout=50)[0].decode() for process in started]
        assert said == ["The users' database is up to date.\n"] * len(started)
        assert [process.returncode for process in started] == [0] * len(started)
        alembic(Database(url), "check")


def test_an_upgrade_waits_longer_for_a_writer_than_others_do(url: str) -> None:
    database, other = Database(url), Database(url)

    def write(database: Database) -> None:
        with database.write() as connection:
            connection.execute(text("SELECT 1"))

    with ThreadPoolExecutor(1) as pool:
        with database.write(PATIENCE) as connection:
            connection.execute(text("SELECT 1"))
            with pytest.raises(DatabaseUnavailable, match="locked"):
                migrations.upgrade(other, DEFAULT_SECONDS)
            patient = pool.submit(migrations.upgrade, other)
            with pytest.raises(DatabaseUnavailable, match="locked"):
                write(Database(url))
            assert not patient.done()
        patient.result()
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
        for step in ScriptDirectory(str(ROOT / "sysmon_core/database/migrations")).walk_revisions():
            step.module.upgrade()
    dialect = make_url("postgresql://").get_dialect()()
    modelled = str(CreateTable(metadata.tables["users"]).compile(dialect=dialect))
    for sql in (output.getvalue(), modelled):
        assert 'username VARCHAR(64) COLLATE "C" NOT NULL' in sql
