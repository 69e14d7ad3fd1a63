"""Tokens in version 3: each stands for its user, and permits what its scope and metrics say."""

from __future__ import annotations

import pytest
from webtest import TestApp

from sysmon_core.database import Database
from sysmon_core.errors import TooManyTokens
from sysmon_core.services.params import parse
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_fields import UserChange
from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp, users_of
from tests.functional.tokens.conftest import MakeToken, ask, ask_with
from tests.support.clock import Clock

# What tokens are answered: a user's of each scope, an admin's of the scope "all", and one of the
# same that holds for some metrics alone, though not for those that are asked for.
ROWS: dict[tuple[str, str], tuple[int, int, int, int, int]] = {
    ("GET", "/v3/"): (200, 200, 200, 200, 200),
    ("GET", "/v3/uptime/"): (200, 200, 200, 200, 403),
    ("HEAD", "/v3/uptime/"): (200, 200, 200, 200, 403),
    ("GET", "/v3/uptime"): (301, 301, 301, 301, 301),
    ("PUT", "/v3/uptime/"): (405, 405, 405, 405, 405),
    ("GET", "/v3/users/"): (200, 200, 200, 200, 403),
    ("GET", "/v3/users/ann"): (200, 200, 200, 200, 403),
    ("GET", "/v3/task/none"): (404, 404, 404, 404, 404),
    ("DELETE", "/v3/task/none"): (403, 404, 404, 404, 404),
    ("GET", "/v3/iostat/"): (403, 201, 201, 201, 403),
    ("HEAD", "/v3/iostat/"): (403, 405, 405, 405, 403),
    ("POST", "/v3/iostat/"): (403, 201, 201, 201, 403),
    ("POST", "/v3/users/"): (403, 403, 403, 400, 403),
    ("PUT", "/v3/users/ann"): (403, 403, 403, 400, 403),
    ("PATCH", "/v3/users/ann"): (403, 403, 403, 200, 403),
    ("DELETE", "/v3/users/nobody"): (403, 403, 403, 404, 403),
    ("GET", "/v3/nothing"): (404, 404, 404, 404, 404),
}


def test_each_scope_permits_what_the_table_says(app: TestApp, make_token: MakeToken) -> None:
    mine = [make_token(scope=scope) for scope in ("read", "run", "all")]
    narrow = make_token("root", scope="all", metrics=["nosuch"])
    callers = [*mine, make_token("root", scope="all"), narrow]
    found = {
        (method, path): tuple(ask(app, one, path, method).status_int for one in callers)
        for method, path in ROWS
    }
    assert found == ROWS


@pytest.mark.parametrize(
    ("fields", "path", "sentence"),
    [
        ({}, "/v3/iostat/", "has the scope read, and this needs run: create one with --scope run"),
        (
            {"metrics": ["disk", "vmstat"]},
            "/v3/uptime/",
            "holds for the metrics disk, vmstat alone: create one with --metric uptime",
        ),
        (
            {"metrics": ["uptime"]},
            "/v3/users/",
            "holds for the metric uptime alone: create one without --metric",
        ),
    ],
)
def test_a_refusal_says_which_token_would_do(
    app: TestApp, make_token: MakeToken, fields: dict[str, list[str]], path: str, sentence: str
) -> None:
    answer = ask(app, make_token(**fields), path)
    assert (answer.status_int, answer.json["detail"]) == (403, f"The token {sentence}")


def test_a_token_may_hold_for_some_metrics(app: TestApp, make_token: MakeToken) -> None:
    narrow, wide = make_token(scope="all", metrics=["uptime"]), make_token(scope="run")
    runs_iostat = make_token(scope="run", metrics=["uptime", "iostat"])
    assert ask(app, narrow).status_int == 200
    assert ask(app, narrow, "/v3/iostat/").status_int == 403
    task = ask(app, wide, "/v3/iostat/").location
    for method in ("GET", "DELETE"):
        assert ask(app, narrow, task, method).status_int == 404
    assert ask(app, runs_iostat, task).status_int == 200
    assert ask(app, wide, task).status_int == 200
    assert ask(app, runs_iostat, task, "DELETE").status_int == 204


def test_figures_of_all_metrics_are_for_tokens_of_all_metrics(
    config: Settings, make_testapp: MakeApp, make_token: MakeToken
) -> None:
    app = make_testapp(config.model_copy(update={"private": True}))
    every, some = make_token(), make_token(metrics=["uptime"])
    statuses = [ask(app, one, "/metrics").status_int for one in (every, some, "")]
    assert statuses == [200, 403, 401]
    assert ask(app, some, "/v1/uptime/").status_int == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_is_written_in_any_case(
    app: TestApp, make_token: MakeToken, scheme: str
) -> None:
    assert ask_with(app, f"{scheme} {make_token()}").json == {"uptime": "up"}


def test_a_token_is_refused_at_the_next_request_everywhere(
    config: Settings, app: TestApp, make_testapp: MakeApp, make_token: MakeToken, tokens: Tokens
) -> None:
    apps = [app, make_testapp(config)]  # each has its own caches, as another process has
    anns, roots = make_token(), make_token("root", scope="all")
    users = users_of(config.database)

    def statuses(secret: str, path: str = "/v3/uptime/", method: str = "GET") -> set[int]:
        return {ask(each, secret, path, method).status_int for each in apps for _ in range(2)}

    assert statuses(anns) == {200}
    tokens.revoke(next(one.id for one in tokens.list("ann")))
    assert statuses(anns) == {401}
    assert statuses(roots, "/v3/users/none", "DELETE") == {404}
    users.change("ann", parse(UserChange, {"admin": True}.items()))
    users.change("root", parse(UserChange, {"admin": False}.items()))
    assert statuses(roots, "/v3/users/none", "DELETE") == {403}
    users.delete("root")
    assert statuses(roots) == {401}
    assert tokens.list() == []


def test_a_token_expires(config: Settings, app: TestApp, make_token: MakeToken) -> None:
    clock = Clock(1_000_000.0)
    tokens = Tokens(Database(config.database), clock)
    _, secret = tokens.create("ann", parse(NewToken, {"name": "x", "expires_in": 60}.items()))
    assert tokens.grant(secret)
    clock.now += 59
    assert tokens.grant(secret)
    clock.now += 1
    assert tokens.grant(secret) is None
    assert tokens.cached_grant(secret) is None
    _, eternal = tokens.create("ann", parse(NewToken, {"name": "x", "expires_in": None}.items()))
    clock.now += 1e9
    assert tokens.grant(eternal)


def test_who_makes_and_revokes_a_token_is_audited(
    make_token: MakeToken, tokens: Tokens, log_lines: LogLines
) -> None:
    secret = make_token(scope="run")
    (made,) = tokens.list("ann")
    tokens.revoke(made.id)
    lines = [line for line in log_lines() if line["message"].startswith("token.")]
    assert [line["message"] for line in lines] == ["token.created", "token.revoked"]
    for line in lines:
        assert line["user"] == "ann"
        assert line["scope"] == "run"
        assert secret not in str(line)


def test_tokens_that_have_expired_take_no_room_and_are_removed_in_the_end(
    config: Settings, app: TestApp
) -> None:
    clock = Clock(1_000_000.0)
    tokens = Tokens(Database(config.database), clock)
    brief = parse(NewToken, {"name": "x", "expires_in": 60}.items())
    for _ in range(100):
        tokens.create("ann", brief)
    clock.now += 60
    tokens.create("ann", brief)
    assert len(tokens.list("ann")) == 101
    clock.now += 31 * 86400
    tokens.create("ann", brief)
    assert len(tokens.list("ann")) == 1


def test_a_user_has_a_hundred_tokens_at_most(make_token: MakeToken, tokens: Tokens) -> None:
    for _ in range(100):
        make_token()
    with pytest.raises(TooManyTokens, match="A user may have 100 tokens: revoke one first"):
        make_token()
    make_token("root")
    tokens.revoke(tokens.list("ann")[0].id)
    make_token()
