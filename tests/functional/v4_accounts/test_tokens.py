"""Tokens over HTTP: made, listed, revoked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import LogLines
from tests.functional.v4_accounts.conftest import ANN, ROOT, Ask, bearer, faults, refusal


def ids(answer: Any) -> list[int]:
    assert answer.status_int == 200, answer.text
    return [one["id"] for one in answer.json["items"]]


def valid_for(token: dict[str, Any]) -> timedelta:
    created, expires = (datetime.fromisoformat(token[name]) for name in ("created", "expires"))
    return expires - created


def test_a_token_is_made_shown_once_and_used(ask: Ask) -> None:
    made = ask("POST", "tokens/", {"name": "nightly report", "scope": "run", "expires_in": "30d"})
    assert made.status_int == 201
    assert made.headers["Location"] == f"/v4/tokens/{made.json['id']}"
    secret = made.json["token"]
    assert re.fullmatch(r"sysmon_\w{46}", secret)
    assert valid_for(made.json) == timedelta(days=30)
    fixed = {key: made.json[key] for key in made.json if key not in {"token", "created", "expires"}}
    assert fixed == {
        "id": made.json["id"],
        "owner": "ann",
        "name": "nightly report",
        "hint": secret[:11],
        "scope": "run",
        "metrics": ["*"],
        "hosts": ["*"],
        "used": None,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made.json["created"])
    without = {key: value for key, value in made.json.items() if key != "token"}
    assert ask("GET", made.location).json == without
    assert ask("GET", "tokens/").json == {"items": [without], "next": None}
    assert ask("GET", "me", who=f"Bearer {secret}").json["by"] == "token"
    used = ask("GET", made.location).json["used"]
    assert used.endswith(":00.000Z")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "scope": "admin"}, "scope"),
        ({"name": "x", "metrics": []}, "metrics"),
        ({"name": "x", "metrics": ["Up"]}, "metrics.0"),
        ({"name": "x", "hosts": ["web1"]}, "hosts.0"),
        ({"name": "x", "expires_in": 0}, "expires_in"),
        ({"name": "x", "token": "sysmon_mine"}, "token"),
        ({"name": "x", "owner": "root"}, "owner"),
    ],
)
def test_a_token_that_will_not_do_is_not_made(ask: Ask, fields: Any, name: str) -> None:
    assert faults(ask("POST", "tokens/", fields)) == [("body", name)]
    assert ids(ask("GET", "tokens/")) == []


def test_a_form_will_not_do_since_it_cannot_say_never(app: TestApp) -> None:
    for path, method in (("/v4/tokens/", app.post), ("/v4/me", app.patch)):
        refused = method(path, {"name": "x"}, headers={"Authorization": ANN}, status=415)
        assert refused.json["detail"].startswith("Send application/json, in UTF-8")


def test_one_revokes_the_own_ones_and_those_of_others_are_not_there(
    ask: Ask, log_lines: LogLines
) -> None:
    mine, theirs = bearer(ask), bearer(ask, ROOT)
    (own,), (other,) = ids(ask("GET", "tokens/")), ids(ask("GET", "tokens/", who=ROOT))
    for method in ("GET", "DELETE"):
        assert refusal(ask(method, f"tokens/{other}")) == (404, "token-not-found")
    assert ask("DELETE", f"tokens/{own}").status_int == 204
    assert ask("GET", "me", who=mine).status_int == 401
    assert ask("GET", "me", who=theirs).status_int == 200
    assert refusal(ask("DELETE", f"tokens/{own}")) == (404, "token-not-found")
    lines = [line for line in log_lines() if line["message"].startswith("token.")]
    told = [(line["message"], line["by"], line["user"], line["id"]) for line in lines[:3]]
    assert told == [
        ("token.created", "ann", "ann", own),
        ("token.created", "root", "root", other),
        ("token.revoked", "ann", "ann", own),
    ]
    assert {line["address"] for line in lines} == {"10.0.0.1"}


@pytest.mark.parametrize("text", ["0", "x", "-1", "+1", "01", "1.0", "2147483648", "9" * 5000])
def test_what_is_no_id_is_not_there(ask: Ask, text: str) -> None:
    bearer(ask)
    for method in ("GET", "DELETE"):
        assert refusal(ask(method, f"tokens/{text}")) == (404, "token-not-found")


def test_an_admin_sees_and_revokes_those_of_others(ask: Ask) -> None:
    token = bearer(ask)
    bearer(ask, ROOT)
    assert [ids(ask("GET", f"tokens/{query}", who=ROOT)) for query in QUERIES] == [
        [2],
        [2],
        [1],
        [2, 1],
        [],
    ]
    assert ask("GET", "tokens/1", who=ROOT).json["owner"] == "ann"
    assert ask("DELETE", "tokens/1", who=ROOT).status_int == 204
    assert ask("GET", "me", who=token).status_int == 401


QUERIES = ("", "?owner=me", "?owner=ann", "?owner=*", "?owner=nobody")


def test_all_others_see_their_own_alone(ask: Ask) -> None:
    bearer(ask)
    bearer(ask, ROOT)
    assert ids(ask("GET", "tokens/?owner=ann")) == ids(ask("GET", "tokens/?owner=me")) == [1]
    for owner in ("root", "*", "nobody"):
        assert refusal(ask("GET", f"tokens/?owner={owner}")) == (403, "forbidden")


def test_a_long_list_comes_page_by_page_and_keeps_to_its_owner(ask: Ask) -> None:
    for _ in range(5):
        bearer(ask)
        bearer(ask, ROOT)
    path, found = "tokens/?owner=ann&limit=2", []
    while path:
        answer = ask("GET", path, who=ROOT)
        found.append(ids(answer))
        path = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
    assert found == [[9, 7], [5, 3], [1]]
    everyones = ask("GET", "tokens/?owner=*&limit=2", who=ROOT).json["next"]
    assert refusal(ask("GET", everyones)) == (403, "forbidden")


@pytest.mark.parametrize(
    "cursor", ["", "x", "e30", "WyJhbm4iLDBd", "WyJhbm4iLCIxIl0", "WyJcdTAwMDAiLDFd"]
)
def test_a_damaged_cursor_is_refused(ask: Ask, cursor: str) -> None:
    assert faults(ask("GET", f"tokens/?cursor={cursor}")) == [("query", "cursor")]


def test_a_token_of_a_narrower_scope_makes_and_revokes_none(ask: Ask) -> None:
    for scope in ("read", "run"):
        token = bearer(ask, scope=scope)
        assert ask("GET", "tokens/", who=token).status_int == 200
        for method, path in (("POST", "tokens/"), ("DELETE", "tokens/1")):
            assert refusal(ask(method, path, who=token)) == (403, "token-insufficient")
    narrow = bearer(ask, scope="all", metrics=["uptime"])
    for method, path in (("GET", "tokens/"), ("POST", "tokens/"), ("DELETE", "tokens/1")):
        assert refusal(ask(method, path, who=narrow)) == (403, "token-insufficient")


def test_a_token_that_a_token_makes_does_not_outlive_it(ask: Ask) -> None:
    brief = bearer(ask, scope="all", expires_in="1h")
    for wanted in (None, "90d"):
        made = ask("POST", "tokens/", {"name": "x", "expires_in": wanted}, brief)
        assert made.json["expires"] == ask("GET", "tokens/1").json["expires"]
    made = ask("POST", "tokens/", {"name": "x", "expires_in": "1m"}, brief)
    assert valid_for(made.json) == timedelta(minutes=1)
    eternal = bearer(ask, scope="all", expires_in=None)
    made = ask("POST", "tokens/", {"name": "x", "expires_in": None}, eternal)
    assert made.json["expires"] is None


def test_a_user_may_have_a_hundred(ask: Ask) -> None:
    for _ in range(100):
        bearer(ask)
    refused = ask("POST", "tokens/", {"name": "x"})
    assert refusal(refused) == (409, "too-many-tokens")
