"""What the tests of PostgreSQL share: a schema of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from sysmon_core.database import Database
from sysmon_core.errors import DatabaseUnavailable
from tests.support.postgresql import Cluster

AT_ONCE = 3.0  # seconds: what is promised


@pytest.fixture
def schema(postgresql: Cluster) -> Iterator[str]:
    with postgresql.schema() as name:
        yield name


@pytest.fixture
def url(postgresql: Cluster, schema: str) -> str:
    return postgresql.url(search_path=schema)


def told(database: Database, statement: str, *, write: bool = True) -> str:
    """Return the error's text of a statement that fails."""
    use = database.write if write else database.read
    with pytest.raises(DatabaseUnavailable) as caught, use() as connection:
        connection.execute(text(statement))
    return str(caught.value)
