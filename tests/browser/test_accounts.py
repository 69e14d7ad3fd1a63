"""Tokens, users and one's own account, as people change them."""

from __future__ import annotations

import requests
from playwright.sync_api import expect

from tests.browser.conftest import SECRET, Visit, log_in
from tests.support.client import HOST
from tests.support.site import Site


def me(site: Site, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"http://{HOST}:{site.port}/v4/me", headers=headers, timeout=10).status_code


def test_a_token_is_made_shown_once_and_revoked(visit: Visit, site: Site) -> None:
    page = visit("tokens/")
    page.fill("[name=name]", "<b>report</b>")
    page.check("[value=run]")
    page.check("[name=metrics][value=iostat]")
    page.click("text=Create >> nth=-1")
    shown = page.locator('[data-part="token"]')
    expect(shown).to_be_visible()
    token = shown.inner_text()
    assert me(site, token) == 200
    page.click("#made button >> nth=0")
    expect(page.locator("#made button").first).to_have_text("Copied")
    page.reload()
    assert token not in page.content()
    row = page.locator("tbody tr", has_text="<b>report</b>")
    expect(row).to_contain_text("iostat")
    row.locator("button").click()
    page.click("text=Keep it")
    assert me(site, token) == 200
    row.locator("button").click()
    page.click("dialog button[value=yes]")
    expect(row).to_have_count(0)
    assert me(site, token) == 401


def test_what_is_wrong_with_a_token_is_said_under_its_field(visit: Visit) -> None:
    page = visit("tokens/")
    page.fill("[name=name]", "x" * 101)
    page.click("text=Create >> nth=-1")
    expect(page.locator("[data-name=name] .fault")).to_be_visible()
    assert page.input_value("[name=name]") == "x" * 101


def test_a_user_is_added_edited_and_deleted(visit: Visit) -> None:
    page = visit("users/", "root")
    for name, text in (("username", "eve"), ("fullname", "Eve"), ("password", SECRET)):
        page.fill(f"#new-user [name={name}]", text)
    page.click("#new-user button")
    row = page.locator("tr[data-user=eve]")
    row.locator("text=Edit").click()
    page.fill("#edit [name=fullname]", "Eve <i>E</i>\u202e")
    page.click("text=Save")
    expect(page.locator("#edit .fault:visible")).to_have_count(1)  # no direction overrides
    page.fill("#edit [name=fullname]", "Eve <i>E</i>")
    page.check("#edit [name=admin]")
    page.click("text=Save")
    expect(row).to_contain_text("Eve <i>E</i>")
    expect(row).to_contain_text("yes")
    row.locator("text=Delete").click()
    expect(page.locator("#delete")).to_contain_text("sessions and 0 tokens end at once")
    page.click("#delete .danger")
    expect(row).to_have_count(0)


def test_the_last_admin_stays(visit: Visit) -> None:
    page = visit("users/", "root")
    for user in page.locator("tr[data-admin=true]").evaluate_all(
        "rows => rows.map(r => r.dataset.user)"
    ):
        if user != "root":
            page.locator(f"tr[data-user={user}] >> text=Delete").click()
            page.click("#delete .danger")
            expect(page.locator(f"tr[data-user={user}]")).to_have_count(0)
    page.locator("tr[data-user=root] >> text=Delete").click()
    page.click("#delete .danger")
    expect(page.locator("#delete [data-rest]")).to_contain_text("admin")


def test_ones_own_name_and_password_are_changed(visit: Visit) -> None:
    page = visit("account")
    page.fill("[name=fullname]", "Ann A")
    page.click("text=Save")
    expect(page.locator("h1")).to_have_text("Ann A")
    page.fill("[name=old]", "wrong")
    page.fill("[name=new]", "another secret")
    page.click("text=Change it")
    expect(page.locator("[data-name=old] .fault")).to_be_visible()
    page.fill("[name=old]", SECRET)
    page.click("text=Change it")
    page.wait_for_url("**/ui/login")
    log_in(page, "ann", "another secret")
    page.goto("account")
    page.fill("[name=old]", "another secret")
    page.fill("[name=new]", SECRET)
    page.click("text=Change it")
    page.wait_for_url("**/ui/login")


def test_log_out_everywhere_ends_the_sessions_of_other_browsers(visit: Visit) -> None:
    one, other = visit("account"), visit("tasks/")
    one.click("text=Log out everywhere >> nth=-1")
    one.wait_for_url("**/ui/login")
    expect(other.locator("dialog")).to_be_visible()  # it polls, and is asked to log in
    other.click("text=Not now")
