"""Real browsers on a real site: server, worker and Redis."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import until
from tests.support.browser import TIMEOUT_MS, Watched, launched
from tests.support.client import HOST
from tests.support.processes import Started
from tests.support.redis_server import started_redis
from tests.support.site import BIN, Site, new_site

SECRET = "secret"
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    with launched() as one:
        yield one


@dataclass
class Parts:
    """What runs on a site; a test that ends a part starts it again.

    Args:
        redis: closing it kills Redis; enter ``started_redis`` into it.
    """

    site: Site
    redis: contextlib.ExitStack
    server: Started
    worker: Started


@pytest.fixture(scope="module")
def parts() -> Iterator[Parts]:
    """A site with the users ann and root; the tests of a module share it."""
    with new_site() as site:
        site.said(BIN / "sysmon", "database", "upgrade")
        for name, *more in (("ann",), ("root", "--admin")):
            words = ("user", "add", name, *more, "--password-file", "-")
            site.said(BIN / "sysmon", *words, typed=SECRET)
        site.client = replace(site.client, user=f"ann:{SECRET}")
        with contextlib.ExitStack() as redis:
            redis.enter_context(started_redis(site.var))
            found = Parts(site, redis, site.server(), site.worker())
            until(lambda: site.client.get("/readyz").status == 200)
            yield found


@pytest.fixture
def site(parts: Parts) -> Site:
    return parts.site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Open a page, logged in as ann unless another is named; options are of its context.

    At the end no page may have logged an error or asked another host for anything.
    """
    origin = f"http://{HOST}:{site.port}"
    watched: list[Watched] = []
    with contextlib.ExitStack() as stack:

        def make(path: str = "", name: str | None = "ann", **options: Any) -> Page:
            context = browser.new_context(base_url=f"{origin}/ui/", **options)
            stack.callback(context.close)
            page = context.new_page()
            watched.append(Watched(page, origin))
            if name:
                log_in(page, name)
            page.goto(path)
            return page

        yield make
    assert [fault for one in watched for fault in one.faults] == []


def log_in(page: Page, name: str, password: str = SECRET) -> None:
    page.goto("login")
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url("**/ui/")
