"""What others wrote is text, wherever it is shown, and breaks no layout."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.support.site import Site

BAD = "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">"
RTL = "\u202eabc"
LONG = "x" * 10_000
PHONE = {"width": 360, "height": 800}
EACH = pytest.mark.parametrize("text", [BAD, RTL, LONG], ids=["script", "rtl", "long"])


def check(page: Page) -> None:
    assert "hit" not in page.title()
    assert page.evaluate("document.querySelectorAll('main script, main img').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@EACH
def test_a_parameter_in_the_url_is_text(visit: Visit, text: str) -> None:
    page = visit("", viewport=PHONE)
    page.goto(f"metrics/network?interface={text[:2000]}")
    assert page.input_value("[name=interface]") == text[:2000]
    page.click("#start")
    expect(page.locator("#run .fault:visible, #report pre, #report table").first).to_be_visible()
    page.click("#elsewhere summary")
    check(page)


@EACH
def test_what_a_metric_gives_is_text(visit: Visit, text: str) -> None:
    """The answer of the API is another one here; what the server renders is tested elsewhere."""
    page = visit("metrics/processes", viewport=PHONE)
    columns = [{"name": "name", "description": text[:500], "unit": None, "kind": "text"}]
    report = {
        "columns": columns,
        "samples": [{"rows": [{"name": text}, {"name": "b"}]}],
        "text": text,
    }
    page.route("**/v4/metrics/processes/report*", lambda route: route.fulfill(json=report))
    page.click("#start")
    expect(page.locator("#report td").first).to_have_text(text)
    check(page)


@EACH
def test_what_a_metric_prints_is_text(visit: Visit, text: str) -> None:
    page = visit("metrics/uptime", viewport=PHONE)
    report = {"columns": [], "samples": [], "text": text, "complete": True}
    page.route("**/v4/metrics/uptime/report*", lambda route: route.fulfill(json=report))
    page.click("#start")
    expect(page.locator("#report pre")).to_have_text(text)
    check(page)


@EACH
def test_the_parameters_of_tasks_are_text(visit: Visit, site: Site, text: str) -> None:
    site.client.finished()
    page = visit("tasks/", viewport=PHONE)

    def falsify(route: Route) -> None:
        """Have what other versions or plugins may have let in."""
        given = route.fetch().json()
        given["items"][0] |= {"params": {"of": text}, "owner": text[:100]}
        route.fulfill(json=given)

    page.route("**/v4/tasks/?*", falsify)
    expect(page.locator(".params").first).to_have_text(f"of={text} ")
    check(page)


@EACH
def test_why_a_task_failed_is_text(visit: Visit, site: Site, text: str) -> None:
    made = site.client.finished().rpartition("/")[2]
    page = visit("account", viewport=PHONE)

    def falsify(route: Route) -> None:
        error = {"type": "about:blank", "title": "Failed", "detail": text}
        route.fulfill(json=route.fetch().json() | {"state": "FAILURE", "error": error})

    page.route(f"**/v4/tasks/{made}", falsify)
    page.goto(f"tasks/{made}")
    expect(page.locator("#report [data-part=error]")).to_have_text(text)
    check(page)


@pytest.mark.parametrize("text", [BAD[:90], "y" * 100], ids=["script", "long"])
def test_the_name_of_a_token_is_text(visit: Visit, site: Site, text: str) -> None:
    made = site.client("POST", "/v4/tokens/", fields={"name": text})
    assert made.status == 201
    page = visit("tokens/", viewport=PHONE)
    row = page.locator("tr", has_text=text[:20])
    expect(row.first).to_be_visible()
    row.first.locator("button").click()
    check(page)


def test_the_name_of_a_user_is_text(visit: Visit) -> None:
    page = visit("account", viewport=PHONE)
    page.fill("[name=fullname]", BAD[:60])
    page.click("text=Save")
    expect(page.locator("h1")).to_have_text(BAD[:60])
    page.reload()
    expect(page.locator("h1")).to_have_text(BAD[:60])
    check(page)
    admin = visit("users/", "root", viewport=PHONE)
    expect(admin.locator("tr[data-user=ann]")).to_contain_text(BAD[:60])
    check(admin)


def test_a_link_brings_an_id_and_no_other_request(visit: Visit) -> None:
    asked: list[str] = []
    page = visit("")
    page.on("request", lambda one: asked.append(one.url))
    page.goto("metrics/iostat#../../v4/tokens/1")
    expect(page.locator("#start")).to_be_enabled()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/v4/" in url] == []
