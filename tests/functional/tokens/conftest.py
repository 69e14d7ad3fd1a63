"""An application with the users ann and root, an admin, and what makes tokens for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.database import Database
from sysmon_core.services.params import parse
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakePrograms, MakeSettings

MakeToken = Callable[..., str]
AddUser = Callable[..., Any]


@pytest.fixture
def config(make_settings: MakeSettings, programs: MakePrograms, redis_url: str) -> Settings:
    path = programs(uptime="echo up", iostat="echo Device")
    return make_settings(redis_url=redis_url, command_path=path, guesses_per_address="9/minute")


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp, add_user: AddUser) -> TestApp:
    made = make_testapp(config)
    add_user("ann", "secret")
    add_user("root", "secret", admin=True)
    return made


@pytest.fixture
def tokens(config: Settings) -> Tokens:
    return Tokens(Database(config.database))


@pytest.fixture
def make_token(app: TestApp, tokens: Tokens) -> MakeToken:
    """Make a token; gives its secret."""

    def make(owner: str = "ann", **fields: Any) -> str:
        return tokens.create(owner, parse(NewToken, {"name": "a job", **fields}.items()))[1]

    return make


def ask(app: TestApp, secret: str, path: str = "/v3/uptime/", method: str = "GET") -> Any:
    return ask_with(app, f"Bearer {secret}", path, method)


def ask_with(
    app: TestApp, authorization: str, path: str = "/v3/uptime/", method: str = "GET"
) -> Any:
    headers = {"Authorization": authorization}
    return app.request(path, method=method, headers=headers, status="*")
