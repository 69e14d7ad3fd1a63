"""The fields of a user: what is taken, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functional.v3_users.conftest import ROOT, SECRET, Ask, faults, shown, users, whole


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


def test_a_form_is_decoded_once_and_words_are_booleans_in_forms_alone(ask: Ask) -> None:
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
    "password": [*NOT_TEXT, "x" * 1025, "\u00e9" * 513, "a\nb", "\x1b[2J", "a\x7f", "a\x85b"],
    "fullname": [*NOT_TEXT, "\x1b[31m", "a\nb", "\x9b31m", "a\u202eb"],
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
