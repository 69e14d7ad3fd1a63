"""Functional tests that need the users' database run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The users' database of this test: SQLite in its folder, then one of PostgreSQL's."""
    if request.param == "sqlite":
        yield ""
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url
