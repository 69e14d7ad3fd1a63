"""Polls: how often, when not, what they carry, and whose clock counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.conftest import until
from tests.support.site import Site

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""

# A day fast.
WRONG_CLOCK = """{
  const Right = Date, now = () => Right.now() + 86_400_000;
  globalThis.Date = function (...given) { return new Right(...(given.length ? given : [now()])); };
  Object.assign(Date, { now, parse: Right.parse, UTC: Right.UTC, prototype: Right.prototype });
}"""


def running(site: Site, count: int = 600) -> str:
    """The id of a task of some seconds."""
    path = site.client.submit(count=count)
    until(lambda: site.client.task(path)["state"] == "STARTED")
    return path.rpartition("/")[2]


@contextmanager
def task(site: Site, count: int = 600) -> Iterator[str]:
    made = running(site, count)
    yield made
    site.client.delete(f"/v4/tasks/{made}")


def answers(page: Page, path: str) -> list[Any]:
    """All responses to requests below a path, as they come from now on."""
    found: list[Any] = []
    page.on("response", lambda one: found.append(one) if path in one.url else None)
    return found


def test_a_running_task_is_polled_a_second_apart_with_what_is_known(
    visit: Visit, site: Site
) -> None:
    with task(site) as made:
        page = visit(f"tasks/{made}")
        found = answers(page, f"/v4/tasks/{made}/report")
        expect(page.locator("tbody tr").nth(4)).to_be_visible()
        assert any("after=" in one.url for one in found)
        begun = [one.request.timing["startTime"] for one in found]
        assert min(b - a for a, b in itertools.pairwise(begun)) > 900  # ms
        assert all(one.status in {200, 304} for one in found)
    asked = [one.request.headers.get("if-none-match") for one in found]
    assert len(asked) > 2


def test_nothing_is_asked_while_nobody_looks_and_at_once_when_somebody_does(
    visit: Visit, site: Site
) -> None:
    with task(site) as made:
        page = visit(f"tasks/{made}")
        expect(page.locator("tbody tr").first).to_be_visible()
        page.evaluate(HIDE, True)
        page.wait_for_load_state("networkidle")
        seen = answers(page, "/v4/")
        page.wait_for_timeout(2500)  # two and a half periods: the point is that nothing happens
        assert seen == []
        with page.expect_response(lambda one: f"/v4/tasks/{made}" in one.url, timeout=900):
            page.evaluate(HIDE, False)


def test_an_ended_task_is_not_polled_any_more(visit: Visit, site: Site) -> None:
    made = running(site, 2)
    page = visit(f"tasks/{made}")
    expect(page.locator(".facts .state")).to_have_text("done")
    expect(page.get_by_text("Run again")).to_be_visible()
    page.wait_for_load_state("networkidle")
    seen = answers(page, "/v4/")
    page.wait_for_timeout(2500)
    assert seen == []


def test_the_clock_of_this_computer_does_not_count(visit: Visit, site: Site) -> None:
    with task(site) as made:
        page = visit(f"tasks/{made}")
        page.context.add_init_script(WRONG_CLOCK)
        page.reload()
        expect(page.locator("[data-part=left]")).to_contain_text("min")
        assert page.inner_text("[data-part=left]").startswith("about 9 min")
        assert "d" not in page.inner_text(".facts .age")


def test_the_page_is_closed_and_the_run_goes_on(visit: Visit, site: Site) -> None:
    page = visit("metrics/iostat?count=4")
    page.click("#start")
    expect(page.locator("#report .state")).to_have_text("running")
    made = page.url.partition("#")[2]
    page.context.close()
    until(lambda: site.client.task(f"/v3/task/{made}")["state"] == "SUCCESS")


def test_a_reload_and_the_button_back_restore_the_run(visit: Visit, site: Site) -> None:
    page = visit("metrics/iostat?count=3")
    page.click("#start")
    expect(page.locator("#report .state")).to_have_text("done")
    page.reload()
    expect(page.locator("#report .state")).to_have_text("done")
    assert page.input_value("[name=count]") == "3"
    page.click("text=Link to this run")
    page.wait_for_url("**/tasks/*")
    page.go_back()
    expect(page.locator("#report .state")).to_have_text("done")
    expect(page.locator("#report tbody tr").first).to_be_visible()


def test_two_tabs_show_the_same_run_and_either_ends_it(visit: Visit, site: Site) -> None:
    with task(site) as made:
        one, other = visit(f"tasks/{made}"), visit(f"tasks/{made}")
        expect(other.locator(".facts .state")).to_have_text("running")
        one.click("text=Cancel")
        for page in (one, other):
            expect(page.locator(".facts .state")).to_have_text("cancelled")
            expect(page.locator("tbody tr").first).to_be_visible()  # what came is kept
