"""The form to log in, as people and their password managers use it."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import SECRET, Visit
from tests.support.client import HOST
from tests.support.site import Site

WANTED = "tasks/?state=SUCCESS&metric=iostat"


def log_in(page: Page, password: str, name: str = "ann") -> None:
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")


def test_the_keyboard_is_enough_and_leads_to_what_was_wanted(visit: Visit) -> None:
    page = visit(WANTED, None)
    expect(page.locator("#username")).to_be_focused()
    for key in ("ann", "Tab", SECRET, "Enter"):
        (page.keyboard.press if key in {"Tab", "Enter"} else page.keyboard.type)(key)
    page.wait_for_url(f"**/ui/{WANTED}")


def test_a_wrong_password_is_told_and_what_was_wanted_is_kept(visit: Visit) -> None:
    page = visit(WANTED, None)
    log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    log_in(page, SECRET)
    page.wait_for_url(f"**/ui/{WANTED}")


def test_no_link_leads_from_the_log_in_to_elsewhere(visit: Visit) -> None:
    page = visit(f"login?to={quote('//elsewhere.example/ui/')}", None)
    log_in(page, SECRET)
    page.wait_for_url("**/ui/")
    expect(page.locator(".card").first).to_be_visible()


def test_too_many_guesses_are_told_and_until_when(visit: Visit) -> None:
    page = visit("login", None)
    for number in range(5):
        log_in(page, f"wrong {number}", "mallory")
        expect(page.get_by_role("alert")).to_contain_text("is wrong")
    log_in(page, "wrong", "mallory")
    expect(page.get_by_role("alert")).to_contain_text("Too many")
    log_in(page, SECRET)  # another is not locked out
    page.wait_for_url("**/ui/")


def test_password_managers_know_the_fields(visit: Visit) -> None:
    page = visit("login", None)
    for field, kind in (("#username", "username"), ("#password", "current-password")):
        assert page.get_attribute(field, "autocomplete") == kind
    log_in(page, SECRET)
    page.goto("account")
    for name, kind in (("old", "current-password"), ("new", "new-password")):
        assert page.get_attribute(f"[name={name}]", "autocomplete") == kind
    page.context.clear_cookies()
    page.goto("login")
    assert page.get_attribute("#password", "type") == "password"


def test_a_link_of_another_site_opens_for_who_is_logged_in(visit: Visit, site: Site) -> None:
    """Its request brings no cookie, which is ``SameSite=Strict``."""
    page = visit("")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto("about:blank")
    page.set_content(f"<a href='http://{HOST}:{site.port}/ui/{WANTED}'>the tasks</a>")
    page.click("a")
    page.wait_for_url(f"**/ui/{WANTED}")
    assert any("/ui/login?to=" in url for url in asked)


def test_a_link_of_another_site_leads_others_to_the_form(visit: Visit, site: Site) -> None:
    page = visit("login", None)
    page.goto("about:blank")
    page.set_content(f"<a href='http://{HOST}:{site.port}/ui/{WANTED}'>the tasks</a>")
    page.click("a")
    page.wait_for_load_state("networkidle")
    log_in(page, SECRET)
    page.wait_for_url(f"**/ui/{WANTED}")
