"""What the live tests share: a site of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.site import Site, new_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the test's own."""
    with new_site() as one:
        yield one
