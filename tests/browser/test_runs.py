"""A diagnostic from its form to its report, as a person runs it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.support.client import HOST
from tests.support.site import Site


def test_a_long_run_is_watched_below_its_form_and_by_its_link(visit: Visit) -> None:
    page = visit("metrics/iostat")
    page.fill("[name=count]", "4")
    page.click("#start")
    expect(page.locator("#report .state")).to_have_text("running")
    expect(page.locator("#report progress")).to_be_visible()
    expect(page.locator("#report .state")).to_have_text("done")
    expect(page.locator("#report tbody tr").last).to_be_visible()
    assert page.locator("#report time").all_text_contents().count("since boot") >= 1
    expect(page.locator("#report sysmon-chart svg").first).to_be_visible()
    expect(page.locator("#runs tbody tr")).to_have_count(1)
    page.click("#report a")
    expect(page.locator(".facts .state")).to_have_text("done")


def test_parameters_are_in_the_url_which_never_runs(visit: Visit, site: Site) -> None:
    page = visit("metrics/iostat?count=7")
    page.fill("[name=wait]", "2")
    page.wait_for_url("**/metrics/iostat?count=7&wait=2")
    page.reload()
    assert page.input_value("[name=wait]") == "2"
    page.goto("")
    page.go_back()
    assert page.input_value("[name=wait]") == "2"
    expect(page.locator("#report")).to_be_hidden()


def test_what_the_server_refuses_stands_under_its_field(visit: Visit) -> None:
    page = visit("metrics/iostat")
    page.fill("[name=count]", "0")
    page.click("#start")
    fault = page.locator("[data-name=count] .fault")
    expect(fault).to_be_visible()
    assert page.get_attribute("[name=count]", "aria-invalid") == "true"
    assert page.input_value("[name=count]") == "0"
    page.fill("[name=count]", "1")
    page.click("#start")
    expect(fault).to_be_hidden()


def test_a_quick_metric_answers_at_once(visit: Visit) -> None:
    page = visit("metrics/processes?top=3")
    page.click("#start")
    expect(page.locator("#report tbody tr")).to_have_count(3)


def test_the_same_elsewhere_really_is_the_same(visit: Visit, site: Site) -> None:
    page = visit("metrics/processes?top=3")
    page.click("#elsewhere summary")
    curl = page.inner_text("[data-snippet=curl]")
    assert curl == f"curl --user ann 'http://{HOST}:{site.port}/v4/metrics/processes/report?top=3'"
    assert page.inner_text("[data-snippet=sysmon]") == "sysmon run processes --top=3"
    compile(page.inner_text("[data-snippet=python]"), "snippet", "exec")


def test_a_run_is_cancelled_and_run_again(visit: Visit) -> None:
    page = visit("metrics/iostat?count=600")
    page.click("#start")
    page.click("#report a")
    page.wait_for_url("**/tasks/*")
    first = page.url
    page.click("text=Cancel")
    expect(page.locator(".facts .state")).to_have_text("cancelled")
    page.click("text=Run again")
    page.wait_for_url(lambda url: url != first)
    expect(page.locator(".facts")).to_contain_text("count=600")
    page.click("text=Cancel")
    expect(page.locator(".facts .state")).to_have_text("cancelled")


def test_the_list_of_tasks_keeps_itself_up_to_date(visit: Visit, site: Site) -> None:
    page = visit("tasks/")
    before = page.locator("#tasks tbody tr").count()
    made = site.client("POST", "/v4/tasks/", fields={"metric": "uptime"})
    row = page.locator(f"[data-id='{made.json['id']}']")
    expect(row.locator(".state")).to_have_text("done")
    assert page.locator("#tasks tbody tr").count() == before + 1
