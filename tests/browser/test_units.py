"""Numbers and states are written by the scripts as by the server."""

from __future__ import annotations

import math
import random

from playwright.sync_api import Page

from sysmon_core.services.task import State
from sysmon_core.ui.rendering import quantity_of_json
from sysmon_core.ui.task_rows import STATE_WORDS
from tests.browser.conftest import Visit

UNITS = ["", "1", "%", "By", "By/s", "bit/s", "s", "1/s", "Cel", "{packet}/s", "By{used}", "V"]
EDGES = [
    *(0, 1, -1, 0.05, 0.005, 0.5, 59, 59.95, 60, 61, 3600, 86400, 999, 1000, 1023.95, 1024),
    *(1048575, 1048576, 1e15, 1e18, 1e21, 0.1, 0.125, 1 / 3, 2 / 3, 99.95, 100.0, 1e-9, 1e-12),
]


def numbers() -> list[float]:
    dice = random.Random(1)
    made = [math.copysign(10 ** dice.uniform(-9, 12), dice.random() - 0.2) for _ in range(400)]
    return [*EDGES, *made, *(round(one) for one in made)]


def script(page: Page, name: str) -> str:
    source = page.locator("script[type=module]").get_attribute("src") or ""
    return f"{source.rpartition('/')[0]}/{name}"


def test_a_state_has_one_word(visit: Visit) -> None:
    page = visit("login", None)
    words = page.evaluate("async path => (await import(path)).WORDS", script(page, "rows.js"))
    assert words == STATE_WORDS
    assert words.keys() == set(State)


def test_every_number_is_written_alike(visit: Visit) -> None:
    page = visit("login", None)
    given = [[number, unit] for number in numbers() for unit in UNITS]
    written = page.evaluate(
        """async ([path, given]) => {
          const { human } = await import(path);
          return given.map(([number, unit]) => human(number, unit));
        }""",
        [script(page, "units.js"), given],
    )
    differing = {
        (number, unit): (mine, theirs)
        for (number, unit), theirs in zip(given, written, strict=True)
        if (mine := quantity_of_json(number, str(unit))) != theirs
    }
    assert differing == {}, list(differing.items())[:20]
