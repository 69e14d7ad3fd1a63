"""Who I am, and what I change of myself."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp
from tests.functional.v4_accounts.conftest import ANN, ROOT, Ask, asker, bearer, faults, refusal
from tests.support.client import basic

NEW = basic("ann:altered")
ME = {"username": "ann", "fullname": "Ann", "admin": False, "scope": "all", "metrics": ["*"]}


def audit(log_lines: LogLines, *names: str) -> list[dict[str, Any]]:
    return [line for line in log_lines() if line["message"] in names]


def test_everybody_is_told_who_they_are_and_how_they_came(ask: Ask) -> None:
    assert ask("GET", "me").json == ME | {"by": "basic"}
    assert ask("GET", "me", who=ROOT).json["admin"] is True
    token = bearer(ask, scope="run", metrics=["uptime"])
    told = ME | {"by": "token", "scope": "run", "metrics": ["uptime"]}
    assert ask("GET", "me", who=token).json == told
    assert refusal(ask("GET", "me", who="")) == (401, "unauthorized")


def test_everybody_may_change_the_own_name(ask: Ask, log_lines: LogLines) -> None:
    assert ask("PATCH", "me", {}).json == ME | {"by": "basic"}
    assert ask("PATCH", "me", {"fullname": "Ann Lee"}).json["fullname"] == "Ann Lee"
    assert ask("GET", "me").json["fullname"] == "Ann Lee"
    (line,) = audit(log_lines, "user.changed")
    assert (line["by"], line["user"], line["fields"]) == ("ann", "ann", ["fullname"])


@pytest.mark.parametrize("field", ["username", "admin", "by"])
def test_nobody_may_change_more_of_themselves(ask: Ask, field: str) -> None:
    assert faults(ask("PATCH", "me", {field: True})) == [("body", field)]


def test_a_new_password_needs_the_old_one(ask: Ask, log_lines: LogLines) -> None:
    wrong = ask("PATCH", "me", {"password": {"old": "secreT", "new": "altered"}})
    assert faults(wrong) == [("body", "password.old")]
    assert [line["user"] for line in audit(log_lines, "login.refused")] == ["ann"]
    assert ask("GET", "me").status_int == 200
    changed = ask("PATCH", "me", {"password": {"old": "secret", "new": "altered"}})
    assert changed.json == ME | {"by": "basic"}
    assert [ask("GET", "me", who=who).status_int for who in (ANN, NEW)] == [401, 200]
    assert "altered" not in str(audit(log_lines, "user.changed"))


@pytest.mark.parametrize(
    ("password", "names"),
    [
        ({"old": "secret", "new": "short"}, ["password.new"]),
        ({"old": "secret", "new": "with\ttab"}, ["password.new"]),
        ({"old": "secret"}, ["password.new"]),
        ({}, ["password.old", "password.new"]),
        ("changed", ["password"]),
        ([["old", "secret"], ["new", "altered"]], ["password"]),
        ({"old": "secret", "new": "altered", "newer": "x"}, ["password.newer"]),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    ask: Ask, password: Any, names: list[str]
) -> None:
    refused = ask("PATCH", "me", {"fullname": "Eve", "password": password})
    assert faults(refused) == [("body", name) for name in names]
    assert ask("GET", "me").json == ME | {"by": "basic"}


def test_a_name_that_comes_twice_is_no_password(app: TestApp) -> None:
    body = b'{"password": {"old": "secret", "new": "altered", "new": "other"}}'
    headers = {"Authorization": ANN, "Content-Type": "application/json"}
    refused = app.request("/v4/me", method="PATCH", body=body, headers=headers, status=400)
    assert faults(refused) == [("body", "password")]


def test_a_new_password_leaves_tokens_unless_they_are_revoked_too(
    ask: Ask, log_lines: LogLines
) -> None:
    tokens, other = [bearer(ask) for _ in range(2)], bearer(ask, ROOT)
    ask("PATCH", "me", {"password": {"old": "secret", "new": "altered"}})
    assert [ask("GET", "me", who=one).status_int for one in tokens] == [200, 200]
    both = {"password": {"old": "altered", "new": "secret"}, "tokens": "revoke"}
    assert ask("PATCH", "me", both, NEW).status_int == 200
    assert [ask("GET", "me", who=one).status_int for one in tokens] == [401, 401]
    assert ask("GET", "me", who=other).status_int == 200
    lines = audit(log_lines, "token.revoked")
    assert [(line["by"], line["user"], line["id"]) for line in lines] == [
        ("ann", "ann", 1),
        ("ann", "ann", 2),
    ]


def test_tokens_of_a_narrower_scope_change_nothing(ask: Ask) -> None:
    for fields in ({"scope": "read"}, {"scope": "run"}, {"scope": "all", "metrics": ["uptime"]}):
        refused = ask("PATCH", "me", {"fullname": "Eve"}, bearer(ask, **fields))
        assert refusal(refused) == (403, "token-insufficient")
    assert ask("PATCH", "me", {"fullname": "Eve"}, bearer(ask, scope="all")).status_int == 200


def test_the_old_password_is_guessed_no_faster_than_at_a_log_in(
    config: Settings, ask: Ask, make_testapp: MakeApp
) -> None:
    few = config.model_copy(update={"guesses_per_user_and_address": "3/minute"})
    slow = asker(make_testapp(few))
    token = bearer(ask, scope="all")
    guess = {"password": {"old": "wrong", "new": "altered"}}
    statuses = [slow("PATCH", "me", guess, token).status_int for _ in range(5)]
    assert statuses == [400, 400, 400, 429, 429]
    assert slow("GET", "me", who=token).status_int == 200
