"""Users listed, replaced, changed and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from webtest import TestApp

from tests.conftest import METRICS, MakeApp, MakeSettings
from tests.functional.answers import FORM, JSON
from tests.functional.v3_users.conftest import (
    ROOT,
    SECRET,
    Ask,
    add_root,
    asker,
    faults,
    shown,
    users,
    whole,
)


def test_the_users_are_listed_by_name_and_no_more_than_asked_for(ask: Ask) -> None:
    names = ["zoe", "ann", "Zed", "bob", "a-b", "a.b", "10", "9"]
    for name in names:
        ask("POST", "", whole(name))
    ordered = sorted([*names, "root"])
    detailed = [ROOT if name == "root" else shown(name) for name in ordered]
    assert ask("GET", "").json == {"users": ordered}
    assert ask("GET", "?detail=0").json == {"users": ordered}
    assert ask("GET", "?detail=1").json == {"users": detailed}
    for limit in (1, 2, 9, 10, 10**18 - 1):
        assert ask("GET", f"?limit={limit}").json == {"users": ordered[:limit]}
        assert ask("GET", f"?limit={limit}&detail=1").json == {"users": detailed[:limit]}


def test_a_limit_may_be_any_whole_number_however_large(ask: Ask) -> None:
    for limit in (2**63 - 1, 2**63, 10**30):
        answer = ask("GET", f"?limit={limit}")
        assert (answer.status_int, answer.json) == (200, {"users": ["root"]})


def test_a_list_asked_for_in_a_wrong_way_is_a_400_naming_the_parameter(ask: Ask) -> None:
    for value in ("0", "-1", "", "1.5", "abc", "%2B5", "1e3", "0x1", "1_0", "%201", "%EF%BC%91"):
        assert faults(ask("GET", f"?limit={value}")) == [("query", "limit")], value
    for query, name in (("limit=1&limit=1", "limit"), ("detail=1&detail=1", "detail"), ("x=", "x")):
        assert faults(ask("GET", f"?{query}")) == [("query", name)]


def test_put_creates_replaces_and_renames(ask: Ask) -> None:
    made = ask("PUT", "ann", whole("ann", admin=True))
    assert (made.status_int, made.headers["Location"]) == (201, "/v3/users/ann")
    assert made.json == shown("ann", admin=True)
    replaced = ask("PUT", "ann", whole("ann", fullname="C", password=f"{SECRET}2"))
    assert (replaced.status_int, replaced.json) == (200, shown("ann", "C"))  # no admin any more
    assert ask("GET", "", who=("ann", f"{SECRET}ann")).status_int == 401
    assert ask("GET", "", who=("ann", f"{SECRET}2")).status_int == 200
    renamed = ask("PUT", "ann", whole("eve"))
    assert (renamed.status_int, renamed.json) == (200, shown("eve"))
    assert ask("GET", "ann").status_int == 404
    assert users(ask) == [shown("eve"), ROOT]
    assert faults(ask("PUT", "ann", whole("bob"))) == [("body", "username")]
    assert faults(ask("PUT", "ann", whole("Ann"))) == [("body", "username")]
    assert faults(ask("PUT", "-ann", whole("-ann"))) == [("body", "username")]
    assert users(ask) == [shown("eve"), ROOT]


def test_patch_changes_what_it_was_given_and_nothing_else(ask: Ask) -> None:
    ask("POST", "", whole("ann", admin=True))
    for content, kind in ((b"", JSON), (b"{}", JSON), ("", FORM)):
        answer = ask("PATCH", "ann", content, kind=kind)
        assert (answer.status_int, answer.json) == (200, shown("ann", admin=True))
    assert ask("PATCH", "ann", {"fullname": "C"}).json == shown("ann", "C", admin=True)
    assert ask("PATCH", "ann", {"admin": False}).json == shown("ann", "C")
    assert ask("PATCH", "ann", f"password={SECRET}2").json == shown("ann", "C")
    assert ask("PATCH", "ann", {"username": "ann"}).json == shown("ann", "C")
    assert ask("PATCH", "ann", "username=eve").json == shown("eve", "C")
    assert ask("GET", "eve", who=("eve", f"{SECRET}2")).json == shown("eve", "C")
    assert users(ask) == [shown("eve", "C"), ROOT]


def test_a_user_that_does_not_exist_is_a_404(ask: Ask) -> None:
    for name in ("ann", "Root", "ROOT", "root%20", "%C3%A9", "-", "x" * 300, "root%2F", "%25"):
        for method, body in (("GET", b""), ("PATCH", b""), ("PATCH", b"{}"), ("DELETE", b"")):
            assert ask(method, name, body).status_int == 404, (method, name)
    assert users(ask) == [ROOT]


def test_a_taken_name_is_a_409_and_changes_nothing(ask: Ask) -> None:
    ask("POST", "", whole("ann"))
    ask("POST", "", whole("bob"))
    new = {"fullname": "C", "admin": True, "password": f"{SECRET}2"}
    assert ask("POST", "", whole("bob", **new)).status_int == 409
    assert ask("PUT", "ann", whole("bob", **new)).status_int == 409
    assert ask("PATCH", "ann", {"username": "bob"} | new).status_int == 409
    assert users(ask) == [shown("ann"), shown("bob"), ROOT]
    for name in ("ann", "bob"):
        assert ask("GET", "", who=(name, f"{SECRET}{name}")).status_int == 200
    assert ask("POST", "", whole("Ann")).status_int == 201  # names differ by case


def test_the_last_admin_can_neither_go_nor_be_demoted(ask: Ask) -> None:
    ask("POST", "", whole("ann"))
    refused = [
        *(("DELETE", b""), ("PATCH", {"admin": False}), ("PATCH", "admin=off")),
        *(("PATCH", {"admin": False, "username": "x"}), ("PUT", whole("root", admin=False))),
        *(("PUT", whole("root")), ("PUT", whole("x")), ("PUT", urlencode(whole("root")))),
    ]
    for method, content in refused:
        assert ask(method, "root", content).status_int == 409, (method, content)
        assert users(ask) == [shown("ann"), ROOT]
    renamed = ask("PUT", "root", whole("boss", admin=True))
    assert (renamed.status_int, renamed.json) == (200, shown("boss", admin=True))
    boss = ("boss", f"{SECRET}boss")
    assert ask("DELETE", "boss", who=boss).status_int == 409
    assert ask("PATCH", "ann", {"admin": True}, who=boss).status_int == 200
    assert ask("PATCH", "boss", {"admin": False}, who=boss).status_int == 200
    assert ask("DELETE", "ann", who=boss).status_int == 403  # boss no more, from now on
    ann = ("ann", f"{SECRET}ann")
    assert ask("DELETE", "ann", who=ann).status_int == 409
    assert ask("DELETE", "boss", who=ann).status_int == 204
    assert ask("DELETE", "boss", who=ann).status_int == 404


def test_a_changed_user_counts_from_the_next_request_on(ask: Ask) -> None:
    ask("POST", "", whole("ann", admin=True))
    old, new = ("ann", f"{SECRET}ann"), ("ann", f"{SECRET}2")

    def known(who: tuple[str, str]) -> int:
        return int(ask("GET", "/v3/uptime/", who=who).status_int)

    assert (known(old), known(new)) == (200, 401)
    assert ask("PATCH", "ann", {"password": new[1]}, who=old).status_int == 200
    assert (known(old), known(new)) == (401, 200)
    assert ask("PATCH", "ann", {"username": "eve"}, who=new).status_int == 200
    assert (known(new), known(("eve", new[1]))) == (401, 200)
    assert ask("DELETE", "eve", who=("eve", new[1])).status_int == 204
    assert known(("eve", new[1])) == 401
    ask("POST", "", whole("eve"))
    assert (known(("eve", new[1])), known(("eve", f"{SECRET}eve"))) == (401, 200)


def test_a_password_must_be_as_long_as_the_setting_asks(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    ask = asker(make_testapp(make_settings(password_min_length=8)))
    add_root(make_settings())
    for length, good in ((1, False), (7, False), (8, True)):
        for method, path in (("POST", ""), ("PUT", "ann"), ("PATCH", "ann")):
            answer = ask(method, path, whole(password="é" * length))
            assert answer.status_int in {200, 201} if good else faults(answer)
        if not good:
            assert users(ask) == [ROOT]
    assert ask("GET", "", who=("root", f"{SECRET}root")).status_int == 200


def test_links_and_locations_begin_with_the_prefix_of_the_service(ask: Ask) -> None:
    below: dict[str, Any] = {"environ": {"SCRIPT_NAME": "/below"}}
    made = ask("POST", "", whole("ann"), **below)
    assert made.headers["Location"] == made.json["links"][0]["href"] == "/below/v3/users/ann"
    assert ask("GET", "ann", **below).json == made.json
    hrefs = [link["href"] for link in ask("GET", "/v3/", **below).json["links"]]
    assert hrefs == [f"/below/v3/{name}/" for name in (*METRICS, "users")]


def test_a_user_is_shown_alike_in_a_list_and_alone_below_a_prefix_too(
    testapp: TestApp, add_user: Callable[..., Any]
) -> None:
    testapp.authorization = add_user("a._@-Z9", "canary", admin=True)
    environ = {"SCRIPT_NAME": "/a b"}
    listed = testapp.get("/v3/users/?detail=1", extra_environ=environ)
    alone = testapp.get("/v3/users/a._@-Z9", extra_environ=environ)
    assert listed.json == {"users": [alone.json]}
    assert listed.content_type == alone.content_type == "application/json"
