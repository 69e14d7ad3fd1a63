"""A whole run: the first view of the overview, a task that is watched, a chart that is drawn."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.common.figures import Results, Table, median, percentile
from benchmarks.common.page import write
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.run import options, run
from benchmarks.v4bench.place import Place, place
from benchmarks.webbench.load import load
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import HOST

HEAD = """# The page: its first view, a task that is watched, a chart

Written by `benchmarks/page.py`: headless Chromium, one server process, one worker and one Redis on
one machine, over loopback. The browser's own clock and counters are read; bytes are
those of the wire, headers and compression included.

Times depend on the machine and its other load.
"""
VERSIONS = {"sysmon": ("pyramid", "pyramid_jinja2", "granian", "playwright")}
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
LIMIT_SECONDS = 180
VIEWS, QUICK_VIEWS = 9, 3
HOLD_SECONDS, QUICK_HOLD_SECONDS = 20.0, 5.0
SERIES, POINTS, REPAINTS = 6, 3600, 60
CROWDS = (8, 100, 300)  # connections
KILOBYTES, REQUESTS, FIRST_CARD_MS, REPAINT_MS = 40, 8, 300, 16  # aims


def main() -> int:
    """Measure; 0 if every promise was kept, 1 if one was broken."""
    given = options("The page, in a browser.").parse_args()
    results = Results()
    with run(LIMIT_SECONDS, results) as (folder, redis):
        _measure(folder, redis, results, quick=given.quick)
        if given.out:
            write(given.out, HEAD, redis, VERSIONS, results)
    return 0 if results.kept else 1


def _measure(folder: Path, redis: PrivateRedis, results: Results, *, quick: bool) -> None:
    with place(folder, redis, 0) as site, _page(site) as page:
        _first_view(page, QUICK_VIEWS if quick else VIEWS, results)
        _watched(site, page, QUICK_HOLD_SECONDS if quick else HOLD_SECONDS, results)
        _repaints(page, results)
        _crowd(site, results, 1 if quick else 3)


@contextmanager
def _page(site: Place) -> Iterator[Page]:
    """Have a browser that has logged in, with nothing of the page in its cache."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise RuntimeError("Chromium is not installed: make browser-programs")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(base_url=f"http://{HOST}:{site.server.port}/ui/")
        page = context.new_page()
        page.goto("login")
        page.fill("#username", USER)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/ui/")
        yield page
        browser.close()


def _first_view(page: Page, views: int, results: Results) -> None:
    found: list[dict[str, Any]] = []
    control = page.context.new_cdp_session(page)
    control.send("Network.enable")
    sizes: list[float] = []
    control.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    for _ in range(views):
        control.send("Network.clearBrowserCache")
        sizes.clear()
        page.goto("", wait_until="networkidle")
        shown = page.evaluate(_script("first_view"))
        found.append({"bytes": sum(sizes), "requests": len(sizes), "shown": shown})
    how = f"Median of {views} views of the overview with an empty cache."
    table = results.begin(Table("The first view", how, ("the page",)))
    kilobytes, requests, shown = (
        median(one[name] / size for one in found)
        for name, size in (("bytes", 1000), ("requests", 1), ("shown", 1))
    )
    table.add("over the wire", "kB", kilobytes)
    table.add("requests", "", requests)
    table.add("until the first card is shown", "ms", shown)
    results.aim("kB over the wire to the first view", kilobytes, KILOBYTES)
    results.aim("requests to the first view", requests, REQUESTS)
    results.aim("ms until the first card", shown, FIRST_CARD_MS)


def _watched(site: Place, page: Page, seconds: float, results: Results) -> None:
    task = site.client().submit("iostat", count=600)
    page.goto(f"tasks/{task['id']}")
    page.wait_for_selector("tbody tr")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    before, begun = site.server.cpu(), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    taken = time.monotonic() - begun
    cost = (site.server.cpu() - before) / taken
    how = f"One page of a running task, looked at for {seconds:.0f} s."
    table = results.begin(Table("A task that is watched", how, ("the page",)))
    table.add("requests a second", "1/s", len(asked) / taken)
    table.add("the server's CPU", "ms/s", cost * 1000)


def _repaints(page: Page, results: Results) -> None:
    page.goto("login")
    source = page.locator("script[type=module]").get_attribute("src") or ""
    path = source.rpartition("/")[0] + "/chart.js"
    size = {"path": path, "series": SERIES, "points": POINTS, "repaints": REPAINTS}
    spent = page.evaluate(_script("repaint"), size)
    how = f"{len(spent)} repaints of {SERIES} series of {POINTS:,} points, each with a new point."
    table = results.begin(Table("A chart", how, ("the page",)))
    table.add("a repaint with its layout, median", "ms", median(spent))
    table.add("a repaint with its layout, p95", "ms", percentile(spent, 0.95))
    results.aim("ms of a repaint, median", median(spent), REPAINT_MS)


def _crowd(site: Place, results: Results, seconds: float) -> None:
    """Have many load the overview at once, and again and again, as fast as they are answered."""
    how = f"By wrk, {seconds} s each; every answer has the whole page. A user logs in by Basic."
    heads = ("pages a second", "p50 in ms", "p99 in ms")
    table = results.begin(Table("Many who load the overview", how, heads))
    for connections in CROWDS:
        found = load(site.target("the overview", "/ui/", 'class="card"'), connections, seconds)
        results.promise(f"the overview, {connections} connections, failed", found.failed, 0)
        table.add(f"{connections} connections", "", found.rate, found.p50, found.p99)


def _script(name: str) -> str:
    return Path(__file__).with_name(f"{name}.js").read_text()


if __name__ == "__main__":
    sys.exit(main())
