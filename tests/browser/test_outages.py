"""What is away: the server, the session, the worker; and how the page goes on."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import SECRET, Parts, Visit
from tests.conftest import until
from tests.support.site import Site


def log_in_again(page: Page) -> None:
    dialog = page.locator("dialog")
    expect(dialog).to_be_visible()
    dialog.locator("[name=password]").fill(SECRET)
    dialog.locator("button.primary").click()
    expect(dialog).to_have_count(0)


def test_a_server_that_restarts_is_waited_for_and_a_form_is_kept(
    visit: Visit, site: Site, parts: Parts
) -> None:
    page = visit("metrics/iostat?count=600")
    page.click("#start")
    expect(page.locator("#report tbody tr").first).to_be_visible()
    page.fill("[name=wait]", "7")
    page.evaluate("window.kept = true")
    parts.server.popen.kill()
    banner = page.locator("#banner")
    expect(banner).to_have_text(re.compile(r"does not answer, for \d+ s.*Next try in \d+ s"))
    expect(page.locator("#report tbody tr").first).to_be_visible()  # what was seen stays
    rows = page.locator("#report tbody tr").count()
    parts.server = site.server()
    expect(banner).to_be_hidden()
    assert page.evaluate("window.kept") is True
    assert page.input_value("[name=wait]") == "7"
    expect(page.locator("#report tbody tr").nth(rows)).to_be_visible()
    page.click("text=Cancel")
    expect(page.locator("#report .state")).to_have_text("cancelled")


def test_a_moment_without_answers_is_not_worth_a_banner(visit: Visit) -> None:
    page = visit("")
    page.evaluate("""() => {
      const shown = document.getElementById("banner");
      const look = () => { window.told ||= !shown.hidden; };
      new MutationObserver(look).observe(shown, { attributes: true });
    }""")
    with page.expect_event("requestfailed"):
        page.context.set_offline(True)
    with page.expect_response("**/v4/**"):
        page.context.set_offline(False)
    assert page.evaluate("window.told") is not True


def test_a_session_that_ended_is_begun_again_in_place(visit: Visit, site: Site) -> None:
    page = visit("metrics/iostat?count=3")
    page.fill("[name=wait]", "1")
    page.context.clear_cookies()
    page.click("#start")
    log_in_again(page)
    expect(page.locator("#report .state")).to_have_text("done")
    assert page.input_value("[name=wait]") == "1"


def test_one_who_does_not_log_in_again_is_left_alone(visit: Visit) -> None:
    page = visit("")
    asked: list[str] = []
    page.context.clear_cookies()
    page.click("text=Not now")
    page.wait_for_load_state("networkidle")
    page.on("request", lambda one: asked.append(one.url))
    page.wait_for_timeout(5000)  # two periods and more: the point is that nothing happens
    assert [url for url in asked if "/v4/" in url] == []
    expect(page.locator(".card").first).to_be_visible()


def test_a_wrong_password_in_place_is_told_there(visit: Visit) -> None:
    page = visit("tasks/")
    page.context.clear_cookies()
    dialog = page.locator("dialog")
    dialog.locator("[name=password]").fill("wrong")
    dialog.locator("button.primary").click()
    expect(dialog.locator("[role=alert]")).to_have_text("The name or the password is wrong")
    log_in_again(page)


def test_a_worker_that_is_away_is_named_until_it_is_back(
    visit: Visit, site: Site, parts: Parts
) -> None:
    page = visit("")
    trouble = page.locator("#trouble")
    expect(trouble).to_be_hidden()
    parts.worker.popen.kill()
    expect(trouble).to_contain_text("sysmon worker")
    expect(trouble.locator("[data-remedy=Redis]")).to_be_hidden()
    parts.worker = site.worker()
    expect(trouble).to_be_hidden()


def test_tries_come_later_and_later_with_jitter_up_to_30_s(visit: Visit) -> None:
    page = visit("")
    page.evaluate("""() => {
      const real = setTimeout;
      window.waits = [];
      globalThis.setTimeout = (call, wait) => {
        window.waits.push(wait / 1000);
        return real(call, Math.min(wait, 5));
      };
    }""")
    page.route("**/v4/**", lambda route: route.abort())
    page.route("**/readyz", lambda route: route.abort())
    until(lambda: page.evaluate("window.waits.filter(one => one > 15).length > 20"))
    waits = [one for one in page.evaluate("window.waits") if one > 0.5]  # the banner's are 0.5
    assert max(waits) <= 30
    assert len({round(one, 3) for one in waits if one > 15}) > 10  # no two pages try together
    assert any(0.5 <= one <= 1 for one in waits)  # the first tries come soon
