"""A session that has ended: polls stop; one logs in in place, or reads on in peace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from sysmon_core.database import Database
from tests.browser.conftest import SECRET, Visit
from tests.conftest import until
from tests.support.site import Site

End = Callable[[Page, Site], None]


def deleted(page: Page, site: Site) -> None:
    """End all sessions, unknown to the browser."""
    with Database(f"sqlite:///{site.var / 'sysmon.sqlite'}").write() as connection:
        connection.execute(text("DELETE FROM sessions"))


def logged_out_elsewhere(page: Page, site: Site) -> None:
    other = page.context.new_page()
    other.goto("account")
    other.click("text=Log out >> nth=0")
    other.wait_for_url("**/ui/login")
    other.close()


def log_in_again(page: Page, name: str = "") -> None:
    dialog = page.locator("dialog")
    expect(dialog).to_be_visible()
    if name:
        dialog.locator("[name=username]").fill(name)
    dialog.locator("[name=password]").fill(SECRET)
    dialog.locator("[name=password]").press("Enter")
    expect(dialog).to_have_count(0)


def asked(page: Page) -> list[str]:
    """All that is asked for from now on."""
    found: list[str] = []
    page.on("request", lambda one: found.append(one.url))
    return found


def test_a_minute_is_enough_to_see_every_poll(visit: Visit) -> None:
    """What the tests below do not see in a minute would be there."""
    page = visit("account")
    page.clock.install()
    page.goto("")
    with page.expect_response("**/readyz"), page.expect_response("**/v4/tasks/**"):
        page.clock.fast_forward(60_000)


@pytest.mark.parametrize("end", [deleted, logged_out_elsewhere])
def test_polls_stop_until_one_has_logged_in_in_place(visit: Visit, site: Site, end: End) -> None:
    page = visit("metrics/iostat?count=600")
    page.click("#start")
    expect(page.locator("#report tbody tr").first).to_be_visible()
    page.fill("[name=wait]", "7")
    page.evaluate("window.kept = true")
    where = page.url
    end(page, site)
    expect(page.locator("dialog")).to_be_visible()
    page.wait_for_load_state("networkidle")
    seen = asked(page)
    page.wait_for_timeout(2500)  # two and a half periods: the point is that nothing happens
    assert seen == []
    rows = page.locator("#report tbody tr").count()
    log_in_again(page)
    expect(page.locator("#report tbody tr").nth(rows)).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()
    assert page.evaluate("window.kept") is True
    assert (page.input_value("[name=wait]"), page.url) == ("7", where)
    page.click("text=Cancel")
    expect(page.locator("#report .state")).to_have_text("cancelled")


@pytest.mark.parametrize("end", [deleted, logged_out_elsewhere])
def test_one_who_does_not_log_in_again_is_left_alone(visit: Visit, site: Site, end: End) -> None:
    page = visit("account")
    page.clock.install()
    page.goto("")
    end(page, site)
    page.click("text=Not now")
    seen = asked(page)
    for _ in range(3):
        page.clock.fast_forward(60_000)
    assert seen == []
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#banner")).to_contain_text("You are logged out. What you see is old.")
    expect(page.locator(".card .body").first).to_be_visible()
    expect(page.locator(".card .age").first).to_have_text(
        re.compile("^[23] min")  # an answer that was on its way may have renewed it once
    )


def test_one_who_changes_their_mind_logs_in_by_what_they_do(visit: Visit, site: Site) -> None:
    task = site.client.submit(count=600)
    until(lambda: site.client.state(task) == "STARTED")
    page = visit(f"tasks/{task.rpartition('/')[2]}")
    expect(page.locator("tbody tr").first).to_be_visible()
    deleted(page, site)
    page.click("text=Not now")
    page.click("text=Cancel")
    log_in_again(page)
    expect(page.locator(".facts .state")).to_have_text("cancelled")  # it is followed again
    expect(page.locator("#banner")).to_be_hidden()


def test_what_was_begun_without_a_session_is_done_after_the_log_in(
    visit: Visit, site: Site
) -> None:
    page = visit("metrics/iostat?count=3")
    page.fill("[name=wait]", "1")
    page.context.clear_cookies()
    page.click("#start")
    log_in_again(page)
    expect(page.locator("#report .state")).to_have_text("done")
    assert page.input_value("[name=wait]") == "1"


def test_a_wrong_password_in_place_is_told_there(visit: Visit) -> None:
    page = visit("tasks/")
    page.context.clear_cookies()
    dialog = page.locator("dialog")
    dialog.locator("[name=password]").fill("wrong")
    dialog.locator("button.primary").click()
    expect(dialog.locator("[role=alert]")).to_have_text("The name or the password is wrong")
    log_in_again(page)


def test_the_page_of_one_user_is_not_shown_to_another(visit: Visit) -> None:
    page = visit("tasks/")
    page.context.clear_cookies()
    log_in_again(page, "root")
    expect(page.locator(".who a")).to_have_text("root")
