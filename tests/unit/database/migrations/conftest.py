"""Empty databases of both kinds, and Alembic's commands on them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from sysmon_core.database import Database
from tests.support.postgresql import Cluster

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
