"""Polls: how often, when not, what they carry, and whose clock counts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit
from tests.conftest import until
from tests.support.browser import tabs
from tests.support.site import Site

WRONG_CLOCK = """{
  const Right = Date, now = () => Right.now() + DAYS * 86_400_000;
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
    try:
        yield made
    finally:
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


def test_what_has_not_changed_is_not_sent_again(visit: Visit) -> None:
    page = visit("tasks/")
    found = answers(page, "/v4/tasks/")
    until(lambda: page.evaluate("1") and len(found) > 2)  # a call has Playwright hear of events
    assert found[0].status == 200
    assert found[-1].request.headers["if-none-match"] == found[0].headers["etag"]
    assert found[-1].status == 304


def test_nothing_is_asked_while_nobody_looks_and_at_once_when_somebody_does(
    visit: Visit, site: Site, browser: Browser
) -> None:
    with task(site) as made, tabs(browser) as window:
        there = visit(f"tasks/{made}")
        window.add_cookies(cast("Any", there.context.cookies()))
        page, other = window.pages[0], window.new_page()
        page.bring_to_front()
        page.goto(there.url)
        expect(page.locator("tbody tr").first).to_be_visible()
        other.bring_to_front()
        page.wait_for_function("() => document.hidden")
        page.wait_for_load_state("networkidle")
        seen = answers(page, "/v4/")
        page.wait_for_timeout(2500)  # two and a half periods: the point is that nothing happens
        assert seen == []
        with page.expect_response(lambda one: f"/v4/tasks/{made}" in one.url, timeout=900):
            page.bring_to_front()


def test_an_ended_task_is_not_polled_any_more(visit: Visit, site: Site) -> None:
    made = running(site, 2)
    page = visit(f"tasks/{made}")
    expect(page.locator(".facts .state")).to_have_text("done")
    expect(page.get_by_text("Run again")).to_be_visible()
    page.wait_for_load_state("networkidle")
    seen = answers(page, "/v4/")
    page.wait_for_timeout(2500)
    assert seen == []


@pytest.mark.parametrize("days", [1, -1], ids=["fast", "slow"])
def test_the_clock_of_this_computer_does_not_count(visit: Visit, site: Site, days: int) -> None:
    with task(site) as made:
        page = visit("account")
        page.context.add_init_script(WRONG_CLOCK.replace("DAYS", str(days)))
        page.goto(f"tasks/{made}")
        expect(page.locator("[data-part=left]")).to_have_text(re.compile(r"^about (9|10) min"))
        for path in ("", "tasks/", f"tasks/{made}"):
            with page.expect_response("**/v4/**"):
                page.goto(path)
            age = page.locator("#tasks .age, .facts .age").first
            expect(age).to_have_text(re.compile(r"^\d+ s ago$"))
            shown = int(age.inner_text().split()[0])
            expect(age).not_to_have_text(f"{shown} s ago")  # it counts on


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
