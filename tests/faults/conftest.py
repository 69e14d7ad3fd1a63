"""What the fault tests share: sites, whose processes they kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.proxy import Proxy
from tests.faults.site import Site, new_site

MakeSite = Callable[..., Site]


@pytest.fixture(autouse=True, scope="session")
def processes_can_be_told_apart() -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are told apart by /proc")


@pytest.fixture
def make_site() -> Iterator[MakeSite]:
    """Make a site of the test's own, with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(new_site(**settings))


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site of the test's own."""
    return make_site()


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    """A proxy before the site's Redis."""
    proxy = Proxy(site.socket)
    yield proxy
    proxy.close()
