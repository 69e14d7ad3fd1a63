"""Tokens that are guessed, stolen in part, or sent where none is read."""

from __future__ import annotations

import pytest
from webtest import TestApp

from sysmon_core.database import Database
from sysmon_core.services.token_format import new_secret
from sysmon_core.services.tokens import Tokens
from sysmon_core.settings import Settings
from tests.conftest import LogLines
from tests.functional.tokens.conftest import MakeToken, ask, ask_with
from tests.support.client import basic

ADVICE = "The users' database lacks a table: run `sysmon database upgrade`"


def test_unknown_tokens_are_limited_by_address_and_harm_no_other(
    app: TestApp, make_token: MakeToken, log_lines: LogLines
) -> None:
    good = make_token()
    answers = [ask(app, new_secret()) for _ in range(11)]
    assert [one.status_int for one in answers] == [401] * 9 + [429] * 2
    assert answers[-1].json["detail"] == "Too many tokens have been tried: wait before the next"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert ask(app, good).status_int == 200
    assert [ask(app, text).status_int for text in ("x", "sysmon_", f"{good}x")] == [401] * 3
    lines = [line for line in log_lines() if line["message"].startswith("token.")]
    told = [line["message"] for line in lines if line["message"] != "token.created"]
    assert told == ["token.refused"] * 9 + ["token.throttled"] * 2
    assert good not in str(log_lines())


def test_a_revoked_token_that_is_sent_for_ever_uses_up_no_password(
    app: TestApp, make_token: MakeToken, tokens: Tokens
) -> None:
    revoked = make_token()
    tokens.revoke(tokens.list("ann")[0].id)
    assert {ask(app, revoked).status_int for _ in range(20)} == {401, 429}
    assert ask_with(app, basic("ann:secret")).status_int == 200


def test_guessed_passwords_use_up_no_token(app: TestApp, make_token: MakeToken) -> None:
    good = make_token()
    answers = [ask_with(app, basic(f"user{number}:x")) for number in range(10)]
    assert [one.status_int for one in answers] == [401] * 9 + [429]
    assert answers[-1].json["detail"] == "Too many passwords have been tried: wait before the next"
    assert ask(app, new_secret()).status_int == 401
    assert ask(app, good).status_int == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Token {0}",
        "{0}",
        "Bearer {0},Bearer {0}",  # as the server joins two headers
        "Bearer {0}, Basic YW5uOnNlY3JldA==",
        "Basic YW5uOnNlY3JldA==,Bearer {0}",
        "Bearer {0} {0}",
        "Bearer={0}",
        "Bearer \u00fc",
    ],
)
def test_no_other_header_has_a_token(app: TestApp, make_token: MakeToken, header: str) -> None:
    assert ask_with(app, header.format(make_token())).status_int == 401


def test_a_token_is_neither_password_nor_name_nor_parameter(
    app: TestApp, make_token: MakeToken
) -> None:
    secret = make_token(scope="all")
    for pair in (f"ann:{secret}", f"{secret}:", f"{secret}:x-oauth-basic", f":{secret}"):
        assert ask_with(app, basic(pair)).status_int == 401
    assert app.get(f"/v3/uptime/?access_token={secret}", status="*").status_int == 401
    app.set_cookie("access_token", secret)
    assert app.get("/v3/uptime/", status="*").status_int == 401


def test_before_the_upgrade_users_go_on_and_tokens_are_told_what_to_do(
    config: Settings, app: TestApp, make_token: MakeToken
) -> None:
    secret = make_token()
    with Database(config.database).write() as connection:
        connection.exec_driver_sql("DROP TABLE tokens")
    for one in (secret, new_secret()):
        refused = ask(app, one)
        assert (refused.status_int, refused.json["detail"]) == (503, ADVICE)
    assert ask(app, "mistyped").status_int == 401
    for method, path, status in (
        ("GET", "/v3/uptime/", 200),
        ("GET", "/v3/users/", 200),
        ("DELETE", "/v3/users/ann", 204),
    ):
        assert ask_with(app, basic("root:secret"), path, method).status_int == status
