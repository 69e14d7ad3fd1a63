"""The chart: what it draws of which samples, what it reads out, and when it draws nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit

COLUMNS = [
    {"name": "device", "kind": "key", "unit": None},
    {"name": "model", "kind": "text", "unit": None},
    {"name": "read_rate", "kind": "gauge", "unit": "By/s"},
    {"name": "busy", "kind": "gauge", "unit": "%"},
]
MAKE = """async ([path, columns, samples]) => {
  await import(path);
  const chart = document.createElement("sysmon-chart");
  document.querySelector("main").prepend(chart);
  Object.assign(chart, { columns, samples });
}"""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def sample(index: int, second: int | None = None, *, devices: int = 2, **more: Any) -> Any:
    rows = [
        {"device": f"d{one}", "model": "x", "read_rate": 1024.0 * (one + 1) * index, "busy": 50}
        for one in range(devices)
    ]
    at = f"2026-01-01T00:{(second or index) // 60:02}:{(second or index) % 60:02}.000Z"
    return {"index": index, "at": at, "since_boot": False, "rows": rows} | more


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit("login", None, timezone_id="UTC")


def drawn(page: Page, samples: list[Any]) -> Locator:
    source = page.locator("script[type=module]").get_attribute("src") or ""
    page.evaluate(MAKE, [source.rpartition("/")[0] + "/chart.js", COLUMNS, samples])
    page.evaluate(FRAMES)
    return page.locator("sysmon-chart")


def test_a_panel_for_each_unit_and_a_series_for_each_key_and_column(page: Page) -> None:
    chart = drawn(page, [sample(index) for index in range(5)])
    assert chart.locator("figcaption").all_inner_texts() == ["B/s", "%"]
    assert chart.locator("button").all_inner_texts() == [
        *("d0 read rate", "d1 read rate"),
        *("d0 busy", "d1 busy"),
    ]
    assert chart.locator("path").count() == 4
    assert "8.0 KiB/s" in chart.locator("text").all_text_contents()


def test_a_sample_since_boot_is_left_out(page: Page) -> None:
    chart = drawn(page, [sample(9, since_boot=True), sample(1), sample(2)])
    assert chart.locator("svg").first.get_attribute("aria-valuemax") == "1"


@pytest.mark.parametrize(
    "samples",
    [
        [sample(one) for one in (1, 2, 3, 5, 6)],
        [sample(index, second) for index, second in ((1, 1), (2, 2), (3, 3), (4, 30), (5, 31))],
        [sample(1), sample(2), sample(3, rows=[]), sample(4), sample(5)],
    ],
    ids=["by index", "by time", "without rows"],
)
def test_where_samples_are_missing_there_is_a_gap(page: Page, samples: list[Any]) -> None:
    path = drawn(page, samples).locator("path").first.get_attribute("d") or ""
    assert path.count("M") == 2


def test_values_are_read_out_by_pointer_and_by_keys(page: Page) -> None:
    chart = drawn(page, [sample(index) for index in range(5)])
    svg, told = chart.locator("svg").first, chart.locator(".read-out").first
    svg.hover(position={"x": 60, "y": 50})
    expect(told).to_have_text("00:00:00 · d0 read rate 0 B/s · d1 read rate 0 B/s")
    svg.focus()
    page.keyboard.press("End")
    expect(told).to_have_text("00:00:04 · d0 read rate 4.0 KiB/s · d1 read rate 8.0 KiB/s")
    page.keyboard.press("ArrowLeft")
    assert "00:00:03" in (svg.get_attribute("aria-valuetext") or "")
    page.keyboard.press("Escape")
    expect(told).to_have_text("")


def test_the_legend_takes_series_away_and_brings_them_back(page: Page) -> None:
    chart = drawn(page, [sample(index) for index in range(5)])
    button = chart.locator("button").first
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(chart.locator("path")).to_have_count(3)
    button.click()
    expect(chart.locator("path")).to_have_count(4)


def test_of_many_series_the_highest_are_drawn(page: Page) -> None:
    chart = drawn(page, [sample(index, devices=30) for index in range(3)])
    pressed = chart.locator("figure").first.locator("button[aria-pressed=true]")
    assert pressed.all_inner_texts() == [f"d{one} read rate" for one in range(24, 30)]


def test_it_draws_once_in_a_frame_and_nothing_where_nothing_changed(page: Page) -> None:
    chart = drawn(page, [sample(index) for index in range(5)])
    assert chart.evaluate("one => one.draws") == 1
    chart.evaluate("one => { one.samples = [...one.samples]; one.columns = one.columns; }")
    page.evaluate(FRAMES)
    assert chart.evaluate("one => one.draws") == 1
    more = [sample(index) for index in range(6)]
    chart.evaluate("(one, more) => { one.samples = more; one.samples = [...more]; }", more)
    page.evaluate(FRAMES)
    assert chart.evaluate("one => one.draws") == 2


def test_nothing_and_one_sample_are_no_fault(page: Page) -> None:
    for samples in ([], [sample(1)], [sample(1, rows=[])]):
        drawn(page, samples)
