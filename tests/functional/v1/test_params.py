"""Version 1: the parameters that are refused, and a run's limits."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from tests.conftest import until
from tests.functional.answers import Serve, ask, problem
from tests.functional.iostat_params import NAMED, NOT_WHOLE, TOO_SMALL, UNREADABLE, printed


def test_a_parameter_that_is_no_positive_integer_is_a_400_naming_it(
    app: TestApp, subtests: pytest.Subtests
) -> None:
    for value in NOT_WHOLE + TOO_SMALL:
        with subtests.test(value):
            problem(ask(app, "GET", f"/v1/iostat/?count={value}"), 400, ("query", "count"))
            problem(ask(app, "GET", f"/v1/iostat/?count=2&wait={value}"), 400, ("query", "wait"))
            problem(ask(app, "GET", f"/v1/iostat/?wait={value}"), 400, ("query", "wait"))


def test_a_value_that_is_no_utf_8_or_has_control_characters_is_a_400(app: TestApp) -> None:
    for value in UNREADABLE:
        problem(ask(app, "GET", f"/v1/iostat/?count={value}"), 400)
        problem(ask(app, "GET", f"/v1/iostat/?count=2&wait={value}"), 400)


@pytest.mark.parametrize("query", ["wait=2", "count=1&wait=2", "wait=30&count=1"])
def test_a_single_report_has_nothing_to_wait_for(app: TestApp, query: str) -> None:
    problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400, ("query", "wait"))


def test_a_parameter_unknown_or_given_twice_is_a_400_naming_it(
    app: TestApp, subtests: pytest.Subtests
) -> None:
    for query, names in NAMED:
        with subtests.test(query):
            faults = [("query", name) for name in names]
            problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400, *faults)


def test_a_semicolon_does_not_separate_parameters(app: TestApp) -> None:
    problem(ask(app, "GET", "/v1/iostat/?count=2;wait=1"), 400, ("query", "count"))


def test_a_run_beyond_the_synchronous_limit_is_a_400_that_shows_the_way(app: TestApp) -> None:
    for query in ("count=31", "count=4&wait=10", "count=2&wait=30"):
        app.get(f"/v1/iostat/?{query}", status=200)
    for query in ("count=32", "count=4&wait=11", "count=2&wait=31", f"count={'9' * 18}"):
        answer = ask(app, "GET", f"/v1/iostat/?{query}")
        names = [pair.partition("=")[0] for pair in query.split("&")]
        detail = problem(answer, 400, *(("query", name) for name in names))
        assert re.search(r"\b30\b", detail)
        assert "/v2/iostat/" in detail


def test_the_limit_holds_for_the_longest_of_numbers(app: TestApp) -> None:
    for query in (f"count={'9' * 30}", f"count=2&wait={'9' * 400}"):
        assert "/v2/iostat/" in problem(ask(app, "GET", f"/v1/iostat/?{query}"), 400)


def test_the_synchronous_limit_is_a_setting(serve: Serve) -> None:
    app = serve(sync_limit=7)
    app.get("/v1/iostat/?count=8", status=200)
    assert re.search(r"\b7\b", problem(ask(app, "GET", "/v1/iostat/?count=9"), 400))


def test_more_runs_at_once_than_the_setting_are_a_503_and_quick_ones_go_on(
    serve: Serve, folder: Path
) -> None:
    held = f"touch {folder}/ran.$$; until [ -e {folder}/go ]; do sleep 0.02; done; echo done"
    app = serve(iostat=held, sync_runs=2)
    with ThreadPoolExecutor(2) as pool:
        first = [pool.submit(app.get, "/v1/iostat/") for _ in range(2)]
        try:
            until(lambda: len(list(folder.glob("ran.*"))) == 2)
            for _ in range(3):
                problem(ask(app, "GET", "/v1/iostat/?count=2"), 503)
            problem(ask(app, "GET", "/v1/iostat/?count=0"), 400, ("query", "count"))
            assert app.get("/v1/uptime/").json == app.get("/v2/uptime/").json == {"uptime": "up"}
        finally:
            (folder / "go").touch()
    assert [run.result().json for run in first] == [{"iostat": "done\n"}] * 2
    assert app.get("/v1/iostat/").json == {"iostat": "done\n"}
    assert len(list(folder.glob("ran.*"))) == 3  # what was refused was not run


@pytest.mark.parametrize(
    ("script", "overrun", "status"), [("exit 1", 10, 502), ("exec sleep 60", 0.1, 504)]
)
def test_a_run_that_fails_or_hangs_gives_its_slot_back(
    serve: Serve, script: str, overrun: float, status: int
) -> None:
    app = serve(iostat=script, sync_runs=1, overrun=overrun)
    for _ in range(3):
        problem(ask(app, "GET", "/v1/iostat/"), status)


NUMBERS = st.one_of(
    st.none(),
    st.integers(-2, 40).map(str),
    st.from_regex(r"[+\-]?\d{1,3}[ \n.e_]?\d?", fullmatch=True),
    st.text(st.characters(codec="utf-8"), max_size=8),
)


def allowed(count: str | None, wait: str | None) -> bool:
    """The rule of the parameters, said once more."""
    words = [word for word in (count, wait) if word is not None]
    if not all(re.fullmatch("[0-9]+", word) and int(word) >= 1 for word in words):
        return False
    reports, seconds = int(count or 1), int(wait or 1)
    return (reports > 1 or seconds == 1) and seconds * (reports - 1) <= 30


@given(count=NUMBERS, wait=NUMBERS)
def test_any_text_as_a_parameter_is_a_200_or_a_400_as_the_rule_says(
    app: TestApp, count: str | None, wait: str | None
) -> None:
    sent = {"count": count, "wait": wait}
    query = urlencode({name: value for name, value in sent.items() if value is not None})
    answer = ask(app, "GET", f"/v1/iostat/?{query}")
    if allowed(count, wait):
        assert answer.json == {"iostat": printed(int(count or 1), int(wait or 1))}
    else:
        problem(answer, 400)
