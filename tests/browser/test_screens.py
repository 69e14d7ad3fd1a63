"""Every screen, dark and light, wide and narrow: nothing for axe to find, nothing sideways."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from playwright.sync_api import Page, expect

from tests.browser.conftest import Parts, Visit
from tests.conftest import until

SCREENS = [
    *("", "metrics/iostat", "metrics/processes?top=3", "tasks/", "none"),
    *("tokens/", "tokens/?owner=*", "users/", "account", "host"),
]
WIDTHS = [360, 1280, 3840]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def task(parts: Parts) -> str:
    """The id of a task that is done."""
    site = parts.site
    path = site.client.submit(count=3)
    until(lambda: site.client.task(path)["state"] == "SUCCESS")
    return path.rpartition("/")[2]


def check(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    told = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
    assert told == [], page.url
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, page.url


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Visit, task: str, scheme: Any, width: int
) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    check(visit("login", None, **look))
    page = visit("", "root", **look)
    for screen in [*SCREENS, f"tasks/{task}"]:
        page.goto(screen)
        check(page)


def test_what_is_printed_is_what_there_is_to_read(visit: Visit, task: str) -> None:
    page = visit(f"tasks/{task}")
    expect(page.get_by_text("Run again")).to_be_visible()
    page.emulate_media(media="print")
    for shown in ("h1", ".facts", "#report table", "sysmon-chart svg >> nth=0"):
        expect(page.locator(shown)).to_be_visible()
    for hidden in (".bar", ".actions"):
        expect(page.locator(hidden)).to_be_hidden()


def test_nothing_moves_by_itself(visit: Visit) -> None:
    page = visit("")
    assert page.evaluate("document.getAnimations().length") == 0
