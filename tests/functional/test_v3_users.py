"""The users in version 3: what is created, shown, replaced, changed and refused."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert
from webtest import TestApp

from sysmon_core.database import Database, tables
from sysmon_core.settings import Settings
from tests.conftest import METRICS, MakeApp, MakeSettings

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SECRET = "pa55-"  # every password has this in it, and no answer may

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the costs are in the hash

Ask = Callable[..., Any]


def shown(username: str, fullname: str = "A B", *, admin: bool = False) -> dict[str, Any]:
    href = f"/v3/users/{username}"
    links = [{"rel": "self", "href": href}]
    return {"username": username, "fullname": fullname, "admin": admin, "links": links}


def whole(username: str = "ann", **fields: object) -> dict[str, Any]:
    return {"username": username, "password": f"{SECRET}{username}", "fullname": "A B"} | fields


ROOT = shown("root", "Root", admin=True)


def asker(app: TestApp) -> Ask:
    """A function that asks as ``root``, and holds each answer to what is true of all."""

    def ask(method: str, path: str, content: object = b"", **more: Any) -> Any:
        who = ":".join(more.pop("who", ("root", f"{SECRET}root")))
        headers = {"Authorization": f"Basic {b64encode(who.encode()).decode()}"}
        kind = more.pop("kind", FORM if isinstance(content, str) else JSON)
        body = content.encode() if isinstance(content, str) else content
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        path = path if path.startswith("/") else f"/v3/users/{path}"
        headers |= {"Content-Type": kind} if body else {}
        answer = app.request(
            path, method=method, headers=headers, body=body, expect_errors=True, **more
        )
        assert SECRET not in f"{answer.headers} {answer.text}"
        if answer.status_int >= 400:
            assert answer.content_type == "application/problem+json"
            assert answer.json["status"] == answer.status_int
        return answer

    return ask


def add_root(config: Settings) -> None:
    """The first admin, whose password is verified in no time."""
    password_hash = QUICK.hash(f"{SECRET}root")
    with Database(config.database).write() as connection:
        row = {"username": "root", "fullname": "Root", "admin": True}
        connection.execute(insert(tables.users).values(password_hash=password_hash, **row))


@pytest.fixture
def ask(make_settings: MakeSettings, make_testapp: MakeApp) -> Ask:
    app = make_testapp(make_settings())
    add_root(make_settings())
    return asker(app)


def statuses(ask: Ask, method: str, path: str, bodies: list[Any], **more: Any) -> dict[str, int]:
    return {repr(body)[:80]: ask(method, path, body, **more).status_int for body in bodies}


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_int == 400
    return [(error["in"], error["name"]) for error in answer.json["errors"]]


def users(ask: Ask) -> Any:
    return ask("GET", "?detail=1").json["users"]


def test_a_user_is_created_from_json_or_a_form_and_shown_without_the_password(ask: Ask) -> None:
    for name, content in (("ann", whole("ann")), ("bob", urlencode(whole("bob")))):
        made = ask("POST", "", content)
        assert (made.status_int, made.headers["Location"]) == (201, f"/v3/users/{name}")
        assert made.json == ask("GET", name).json == shown(name)
        assert ask("GET", "", who=(name, f"{SECRET}{name}")).status_int == 200


WORDS = {"true 1 yes on TRUE YES ON True oN": True, "false 0 no off FALSE NO OFF False oFF": False}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_form_has_eight_words_for_a_boolean_in_any_case(ask: Ask, method: str) -> None:
    pairs = [(word, flag) for words, flag in WORDS.items() for word in words.split()]
    ask("POST", "", whole("ann", admin=False))
    for number, (word, flag) in enumerate(pairs):
        form = {"admin": word} | (whole(f"ann{number}") if method == "POST" else {})
        answer = ask(method, "ann" if method == "PATCH" else "", urlencode(form))
        assert answer.json["admin"] is flag, word
        assert answer.status_int == (201 if method == "POST" else 200)
    for word in ("2", "", "y", "t", "null", " true", "truex", "yes,no", "\uff11"):
        form = {"admin": word} | (whole("x") if method == "POST" else {})
        answer = ask(method, "ann" if method == "PATCH" else "", urlencode(form))
        assert faults(answer) == [("body", "admin")]


def test_text_in_a_form_is_decoded_once_and_a_word_elsewhere_is_no_boolean(ask: Ask) -> None:
    form = f"username=ann&password={SECRET}ann&fullname=%C3%A9+%2B%252B%26+true"
    assert ask("POST", "", form).json["fullname"] == "é +%2B& true"
    assert ask("PATCH", "ann", "fullname=yes").json["fullname"] == "yes"
    assert ask("PATCH", "ann", "username=on").json["username"] == "on"


NOT_TEXT: list[Any] = [
    1,
    1.5,
    None,
    True,
    [],
    {},
    ["ann"],
    {"a": 1},
    "",
    "\0",
    "a\0b",
    "\ud800",
    "a\udfff",
]
NOT_FLAG: list[Any] = [1, 0, None, "true", "", [], {}, 1.0, {"admin": True}]
BAD_NAMES = [
    *("-ann", ".ann", "_ann", "@ann", " ann", "ann ", "a b", "a/b", "a+b", "a:b", "a%62", "a,b"),
    *(
        "ann\n",
        "\tann",
        "Änn",
        "\u0430nn",
        "ann\uff11",
        "a\u200bb",
        "🔑",
        "x" * 65,
        "..",
        "a\\b",
        "a?b",
    ),
]
GOOD_NAMES = ["a", "Z", "0", "a.b_c@d-e", "9--", "a..b", "x" * 64, "ANN", "a@", "0.0.0.0"]


BAD: dict[str, list[Any]] = {
    "username": [*NOT_TEXT, *BAD_NAMES],
    "password": NOT_TEXT,
    "fullname": NOT_TEXT,
    "admin": NOT_FLAG,
}


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "ann")])
def test_a_value_that_a_field_cannot_have_is_a_400_naming_the_field(
    ask: Ask, method: str, path: str
) -> None:
    ask("POST", "", whole("ann"))
    for field, value in [(field, value) for field, values in BAD.items() for value in values]:
        body = {field: value} if method == "PATCH" else whole("bob") | {field: value}
        assert faults(ask(method, path, body)) == [("body", field)], value
    assert users(ask) == [shown("ann"), ROOT]


def test_names_that_keep_the_rule_are_taken_as_they_are_in_every_way(ask: Ask) -> None:
    for number, name in enumerate(GOOD_NAMES):
        method, path = (("POST", ""), ("PUT", name))[number % 2]
        assert ask(method, path, whole(name)).headers["Location"] == f"/v3/users/{name}"
        assert ask("PATCH", name, {"username": "other"}).json == shown("other")
        assert ask("PATCH", "other", {"username": name}).json == shown(name)
        assert ask("GET", name).json == shown(name)
    assert ask("GET", "").json["users"] == sorted([*GOOD_NAMES, "root"])


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann")])
def test_each_field_that_is_missing_is_named(ask: Ask, method: str, path: str) -> None:
    required = ["username", "password", "fullname"]
    for field in required:
        fields = {key: value for key, value in whole().items() if key != field}
        assert faults(ask(method, path, fields)) == [("body", field)]
        assert faults(ask(method, path, urlencode(fields))) == [("body", field)]
    for content in (b"", b"{}", "admin=1"):
        assert faults(ask(method, path, content)) == [("body", field) for field in required]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "ann")])
def test_unknown_and_doubled_fields_are_a_400_naming_them(ask: Ask, method: str, path: str) -> None:
    ask("POST", "", whole())
    form, text = urlencode(whole()), json.dumps(whole())
    for name in (
        "id",
        "password_hash",
        "Username",
        "links",
        "username ",
        "",
        "__class__",
        "\ud800",
    ):
        assert ("body", name) in faults(ask(method, path, whole() | {name: "x"}))
    assert ("body", "nick") in faults(ask(method, path, f"{form}&nick=x"))
    for field in ("username", "password", "fullname"):
        assert faults(ask(method, path, f"{form}&{field}=x")) == [("body", field)]
        doubled = f'{text[:-1]}, "{field}": "{whole()[field]}"}}'.encode()
        assert faults(ask(method, path, doubled)) == [("body", field)]
    escaped = f'{text[:-1]}, "fulln\\u0061me": "x"}}'.encode()
    assert faults(ask(method, path, escaped)) == [("body", "fullname")]
    assert faults(ask(method, path, "admin=1&admin=1")) == [("body", "admin")]
    assert users(ask) == [shown("ann"), ROOT]


NOT_JSON = [
    *(b"{", b"}", b"nonsense", b" ", b"{} {}", b"{'a': 1}", b'{"admin": true,}', b"{a: 1}"),
    *(b"[]", b"null", b"true", b"1", b'""', b'"ann"', b'[["username", "ann"]]', b"[{}]"),
    *(b'{"admin": NaN}', b'{"admin": Infinity}', b'{"admin": -Infinity}', b"NaN"),
    *(b'{"username": "a\nb"}', b'{"username": "a\0b"}', b'{"username": "\\x41"}', b"{}\0"),
    *(b"\xef\xbb\xbf{}", b'{"fullname": "\xff"}', b'{"fullname": "\xed\xa0\x80"}', b"\xff"),
    *("{}".encode("utf-16"), "{}".encode("utf-32"), b'{"a": ' + b"9" * 10_000 + b"}"),
    *(b"[" * 30_000, b'{"a":' * 10_000, b'{"username": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
]
NOT_A_FORM = [b"\xff=1", b"username=%ff", b"username=\xff", b"fullname=%ed%a0%80", b"a=1&" * 5000]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "root")])
def test_a_body_that_is_not_what_its_type_says_is_a_400(ask: Ask, method: str, path: str) -> None:
    for kind, bodies in ((JSON, NOT_JSON), (FORM, NOT_A_FORM)):
        answers = statuses(ask, method, path, bodies, kind=kind)
        assert answers == dict.fromkeys(answers, 400)
    answers = statuses(ask, method, path, [b'{"fullname": 1e999}', b'{"admin": 1e999}'])
    assert answers == dict.fromkeys(answers, 400)
    assert users(ask) == [ROOT]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "root")])
def test_a_body_of_another_type_or_of_none_is_a_415(ask: Ask, method: str, path: str) -> None:
    kinds = ["", "text/plain", "text/json", "multipart/form-data; boundary=x", "application/xml"]
    kinds += ["application/problem+json", f"{JSON}; charset=latin-1", f"{FORM}; charset=utf-16"]
    for kind in kinds:
        assert ask(method, path, whole(), kind=kind).status_int == 415, kind
    assert users(ask) == [ROOT]


@pytest.mark.parametrize(
    "kind", [f'{JSON};charset="UTF-8"; x=y', "Application/JSON; Charset=utf-8"], ids=str
)
def test_the_type_may_be_written_in_every_way_that_means_json(ask: Ask, kind: str) -> None:
    assert ask("POST", "", whole(), kind=kind).status_int == 201


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    ask = asker(make_testapp(make_settings(body_limit=200)))
    add_root(make_settings())
    room = 200 - len(json.dumps(whole(fullname="")))
    for method, path in (("POST", ""), ("PUT", "ann"), ("PATCH", "ann")):
        assert ask(method, path, whole(fullname="x" * (room + 1))).status_int == 413
        assert ask(method, path, b"\xff" * 201, kind="text/plain").status_int == 413
        assert ask(method, path, whole(fullname="x" * room)).status_int in {200, 201}


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


def test_what_is_written_counts_from_the_next_request_on(ask: Ask) -> None:
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


def test_links_and_locations_stand_below_the_prefix_of_the_service(ask: Ask) -> None:
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
