"""What is away: the server, the worker, Redis; and how the page goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.browser.conftest import Parts, Visit
from tests.conftest import started_redis, until

LONG_MS = 45_000  # a try may come 30 s after the last


@contextmanager
def no_server(parts: Parts) -> Iterator[None]:
    """Kill it; another listens on its port at the end."""
    parts.server.kill()
    try:
        yield
    finally:
        parts.server = parts.site.server()


@contextmanager
def no_worker(parts: Parts) -> Iterator[None]:
    parts.worker.kill()
    try:
        yield
    finally:
        parts.worker = parts.site.worker()


@contextmanager
def no_redis(parts: Parts) -> Iterator[None]:
    parts.redis.close()
    try:
        yield
    finally:
        parts.redis.enter_context(started_redis(parts.site.var))


def test_a_server_that_restarts_is_waited_for_and_a_form_is_kept(
    visit: Visit, parts: Parts
) -> None:
    page = visit("metrics/iostat?count=600")
    page.click("#start")
    expect(page.locator("#report tbody tr").first).to_be_visible()
    page.fill("[name=wait]", "7")
    page.evaluate("window.kept = true")
    banner = page.locator("#banner")
    with no_server(parts):
        expect(banner).to_have_text(re.compile(r"does not answer, for \d+ s.*Next try in \d+ s"))
        expect(page.locator("#report tbody tr").first).to_be_visible()  # what was seen stays
        expect(page.locator("#report [data-part=rows]")).to_have_css("opacity", "0.55")  # as old
        rows = page.locator("#report tbody tr").count()
    expect(banner).to_be_hidden()
    expect(page.locator("#report [data-part=rows]")).to_have_css("opacity", "1")
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


def test_a_worker_that_is_away_is_named_until_it_is_back(visit: Visit, parts: Parts) -> None:
    page = visit("")
    trouble = page.locator("#trouble")
    expect(trouble).to_be_hidden()
    with no_worker(parts):
        expect(trouble).to_contain_text("sysmon worker")
        expect(trouble.locator("[data-remedy=Redis]")).to_be_hidden()
    expect(trouble).to_be_hidden()


def test_redis_that_is_away_is_named_until_it_is_back(visit: Visit, parts: Parts) -> None:
    page = visit("")
    trouble = page.locator("#trouble")
    with no_redis(parts):
        remedy = trouble.locator("[data-remedy=Redis]")
        expect(remedy).to_be_visible()  # that of the worker may be, too: who listens, Redis knows
        expect(remedy).to_contain_text("Start it")
        age = page.locator(".card .age").first
        expect(age).to_have_text(re.compile(r"^\d s ago"))  # the quick metrics go on
        page.reload()
        expect(trouble).to_contain_text("Redis")  # by the server, too
        expect(page.locator("#tasks")).to_contain_text("Redis is away")
    expect(trouble).to_be_hidden(timeout=LONG_MS)
    expect(page.locator("#tasks")).to_contain_text("None.", timeout=LONG_MS)
    expect(page.locator("#banner")).to_be_hidden()


def test_an_answer_that_is_cut_off_is_a_failure_that_is_tried_again(visit: Visit) -> None:
    page = visit("")
    page.evaluate("""() => {
      const real = Response.prototype.text;
      Response.prototype.text = function () {
        Response.prototype.text = real;
        window.cut = this.url;
        return Promise.reject(new TypeError("network error"));
      };
    }""")
    page.wait_for_function("() => window.cut")
    cut = page.evaluate("window.cut")
    with page.expect_response(lambda one: one.url == cut):
        pass  # tried again; the fixture finds no error in the console


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
