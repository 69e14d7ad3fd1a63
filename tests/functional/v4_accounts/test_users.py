"""The users of version 4: version 3's rules, lists of pages, and more of each user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from sysmon_core.database import Database, tables
from sysmon_core.settings import Settings
from tests.conftest import until
from tests.functional.v4_accounts.conftest import ROOT, Ask, bearer, faults, refusal

BOB = {"username": "bob", "password": "secret", "fullname": "Bob"}


def names(answer: Any) -> list[str]:
    assert answer.status_int == 200, answer.text
    return [one["username"] for one in answer.json["items"]]


def test_a_user_has_the_members_of_the_contract(ask: Ask) -> None:
    made = ask("POST", "users/", BOB, ROOT)
    assert (made.status_int, made.headers["Location"]) == (201, "/v4/users/bob")
    user = made.json
    created = user.pop("created")
    assert datetime.now(UTC) - datetime.fromisoformat(created) < timedelta(minutes=1)
    assert user == {
        "username": "bob",
        "fullname": "Bob",
        "admin": False,
        "tokens": 0,
        "last_seen": None,
        "links": [{"rel": "self", "href": "/v4/users/bob"}],
    }
    assert ask("GET", "users/bob").json == made.json
    assert ask("GET", "users/?limit=200").json["items"][1] == made.json


def test_it_says_who_has_tokens_and_who_was_here(ask: Ask) -> None:
    bearer(ask)
    bearer(ask)
    until(lambda: ask("GET", "users/ann").json["last_seen"])
    ann = ask("GET", "users/ann").json
    assert ann["tokens"] == 2
    assert ann["last_seen"].endswith(":00:00.000Z")
    assert datetime.now(UTC) - datetime.fromisoformat(ann["last_seen"]) < timedelta(hours=1.1)
    assert ask("DELETE", "tokens/1").status_int == 204
    assert ask("GET", "users/ann").json["tokens"] == 1


def test_who_is_older_than_the_column_has_no_time(ask: Ask, config: Settings) -> None:
    with Database(config.database).write() as connection:
        connection.execute(update(tables.users).values(created=None))
    assert [one["created"] for one in ask("GET", "users/").json["items"]] == [None, None]


def test_a_list_comes_page_by_page(ask: Ask) -> None:
    for name in ("bob", "Zoe", "a.b"):
        ask("POST", "users/", BOB | {"username": name}, ROOT)
    path, found = "users/?limit=2", []
    while path:
        answer = ask("GET", path)
        found.append(names(answer))
        path = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
    assert found == [["Zoe", "a.b"], ["ann", "bob"], ["root"]]
    assert names(ask("GET", "users/")) == [name for page in found for name in page]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "detail=1", "cursor=IlwwIg"])
def test_a_list_takes_nothing_else(ask: Ask, query: str) -> None:
    assert faults(ask("GET", f"users/?{query}")) == [("query", query.partition("=")[0])]


def test_admins_alone_change_users(ask: Ask) -> None:
    for method, path, fields in (
        ("POST", "users/", BOB),
        ("PUT", "users/bob", BOB),
        ("PATCH", "users/ann", {"admin": True}),
        ("DELETE", "users/root", None),
    ):
        assert refusal(ask(method, path, fields)) == (403, "forbidden")
    assert names(ask("GET", "users/")) == ["ann", "root"]


def test_the_rules_are_those_of_version_3(ask: Ask) -> None:
    assert ask("PUT", "users/bob", BOB, ROOT).status_int == 201
    assert ask("PUT", "users/bob", BOB | {"fullname": "B"}, ROOT).json["fullname"] == "B"
    renamed = ask("PATCH", "users/bob", {"username": "rob"}, ROOT)
    assert renamed.json["links"] == [{"rel": "self", "href": "/v4/users/rob"}]
    assert refusal(ask("POST", "users/", BOB | {"username": "rob"}, ROOT)) == (409, "user-exists")
    assert refusal(ask("DELETE", "users/root", who=ROOT)) == (409, "last-admin")
    assert refusal(ask("GET", "users/bob")) == (404, "user-not-found")
    assert refusal(ask("PATCH", "users/bob", {}, ROOT)) == (404, "user-not-found")
    assert faults(ask("PATCH", "users/rob", {"password": "short"}, ROOT)) == [("body", "password")]
    assert ask("DELETE", "users/rob", who=ROOT).status_int == 204
    shown = ask("GET", "/v3/users/ann").json
    assert set(shown) == {"username", "fullname", "admin", "links"}
