"""Schemathesis asks all that the API document describes, as each kind of caller."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis import Case, HookContext, Response, engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import (
    RejectedPositiveData,
    UnsupportedMethodResponse,
    UseAfterFree,
)

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.metrics import loading
from sysmon_core.services.params import parse
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_fields import USERNAME, NewUser
from sysmon_core.settings import Settings
from tests.conftest import ROOT, MakePrograms, MakeSettings, until, users_of, working
from tests.support.client import authorization
from tests.support.serving import HOST, served

SECRET = "secret"
SAMPLES = ROOT / "tests/plugins/samples"
PRINTED = {
    "uptime": "uptime-procps-4.0.txt",
    "iostat": "iostat-sysstat-12.6.txt",
    "vmstat": "vmstat-procps-4.0.txt",
}
AnyCase = Case[Any]
ENDS_SESSIONS = {"POST /session", "DELETE /session", "PATCH /v4/me"}  # of who asks, too
FROZEN = "v1 v2 v3"
NAMES = {"nobody": None, "admin": "root"}  # who each caller is; bob, unless it stands here
CASES = [
    *((FROZEN, caller) for caller in ("nobody", "user", "admin", "run")),
    *(("v4", caller) for caller in ("nobody", "user", "admin", "read", "run", "session")),
]
IDS = [f"{'frozen' if versions == FROZEN else versions}-{caller}" for versions, caller in CASES]


@pytest.fixture
def config(
    versions: str, make_settings: MakeSettings, programs: MakePrograms, redis_url: str
) -> Settings:
    """Programs that answer at once, whatever they are asked for."""
    path = programs(**{name: f"cat '{SAMPLES / sample}'" for name, sample in PRINTED.items()})
    # All of this is one process, which keeps its threads waiting for each other.
    return make_settings(
        redis_url=redis_url, command_path=path, database_timeout=30, versions=versions
    )


@pytest.fixture
def url(config: Settings) -> Iterator[str]:
    """The application behind its real server, with two users and a worker."""
    migrations.upgrade(Database(config.database))
    cheap = Passwords(time_cost=1, memory_cost=8)
    users = users_of(config.database, cheap)
    for name, admin in (("bob", False), ("root", True)):
        users.create(NewUser(username=name, password=SECRET, fullname=name, admin=admin))
    app = make_app(config, loading.load(config), cheap)
    with working(config), served(app, max_header_size=1 << 18) as port:
        address = f"http://{HOST}:{port}"
        until(lambda: requests.get(f"{address}/readyz", timeout=10).ok)
        yield address


@pytest.fixture
def headers(caller: str, url: str, config: Settings) -> Mapping[str, str]:
    """What the caller sends: a password, a token of this scope, or the cookie of a session."""
    if caller in {"read", "run"}:
        fields = parse(NewToken, {"name": "x", "scope": caller}.items())
        return {
            "Authorization": f"Bearer {Tokens(Database(config.database)).create('bob', fields)[1]}"
        }
    if caller == "session":
        login = {"username": "bob", "password": SECRET}
        cookies = requests.post(f"{url}/session", login, timeout=10).cookies
        return {
            "Cookie": "; ".join(f"{name}={secret}" for name, secret in cookies.items()),
            "Origin": url,
        }
    name = NAMES.get(caller, "bob")
    return authorization(f"{name}:{SECRET}") if name else {}


def configured(headers: Mapping[str, str], url: str) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "generation": {"deterministic": True, "max-examples": 10},
            "headers": dict(headers),
            "base-url": url,
            "output": {"sanitization": {"enabled": False}},
        }
    )


LIMITS = {
    "v1": 30,
    "v2": 86400,
    "v3": 86400,
    "v4": 30,
}  # of wait * (count - 1), as the settings have them


def map_case(_context: HookContext, case: AnyCase) -> AnyCase:
    """Hold good input to the rules that span several fields, which no schema can say.

    A single report has nothing to wait for, a run has a limit, a field comes once, and a user
    who is added has the name in the path; nor does a schema know mount points, interfaces, hosts
    and cursors. Bad input is left as bad as it is.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    body = case.body if isinstance(case.body, dict) else {}
    query = case.query or {}
    for name in ("cursor", "host"):
        query.pop(name, None)
    if re.search("/(iostat|vmstat)/(report)?$", case.path):
        for name in body:
            query.pop(name, None)
        hold_to_limit([query, body], LIMITS[case.path.split("/")[1]])
    elif "mount" in query:
        query["mount"] = "/"  # what is mounted only the host can say
    elif "interface" in query:
        query["interface"] = ""  # likewise
    elif case.path == "/v4/tasks/" and body:
        hold_to_metric(body)
    elif case.path == "/v4/me" and "password" in body:
        body["password"] = {"old": SECRET, "new": SECRET}  # who changes it is nobody from then on
    elif case.method == "PUT" and body:
        hold_to_name(case.path_parameters, body)
    return case


def hold_to_metric(body: dict[str, Any]) -> None:
    """Have one metric that there is; a key that comes again is to come with the same body."""
    body |= {"metric": "uptime", "params": {}}
    for name in ("host", "start_within"):
        body.pop(name, None)


def hold_to_name(path: dict[str, Any], body: dict[str, Any]) -> None:
    if USERNAME.fullmatch(path["username"]):
        body["username"] = path["username"]
    else:
        path["username"] = body["username"]


def hold_to_limit(places: list[dict[str, Any]], limit: int) -> None:
    given = {
        name: int(place[name]) for place in places for name in place.keys() & {"count", "wait"}
    }
    count, wait = given.get("count", 1), given.get("wait", 1)
    changed = {"count": min(count, limit + 1)}
    changed["wait"] = min(wait, limit // (changed["count"] - 1)) if changed["count"] > 1 else 1
    for place in places:
        place.update((name, value) for name, value in changed.items() if name in place)


def others(caller: str) -> Callable[[HookContext, AnyCase], bool]:
    """Leave the caller alone: who changes or removes itself is nobody from then on."""

    def filter_case(_context: HookContext, case: AnyCase) -> bool:
        changes = case.path.endswith("/users/{username}") and case.method != "GET"
        return not (changes and case.path_parameters.get("username") == NAMES.get(caller, "bob"))

    return filter_case


def filter_failure(
    _context: HookContext, failure: Failure, case: AnyCase, response: Response
) -> bool:
    """Keep a failure, unless it is what the frozen contract promises."""
    if isinstance(failure, UnsupportedMethodResponse):  # anybody may GET /v3/, and all else is 401
        return not (case.path in {"/v3/", "/v4/"} and response.status_code == 401)
    if isinstance(failure, UseAfterFree):  # a task that is stopped is kept, and says so
        kept = re.search("/tasks?/", case.path) and response.status_code in {200, 304}
        is_task = response.status_code == 200 and not case.path.endswith("/report")
        return not (kept and (not is_task or response.json()["state"] == "REVOKED"))
    if isinstance(failure, RejectedPositiveData) and case.method == "PUT":
        # Where a user was a step ago: a link named the path, after ``map_case`` had its say.
        body = case.body if isinstance(case.body, dict) else {}
        return bool(case.path_parameters["username"] == body.get("username"))
    return True


def operations(document: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }


def failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """What is wrong, with how to ask for it again."""
    for check in (check for checks in recorder.checks.values() for check in checks):
        if check.failure_info is not None:
            yield f"{check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"


@pytest.mark.timeout(180)
@pytest.mark.filterwarnings(
    "ignore:Generating overly large repr",  # hypothesis's own
    "ignore:Do not use the .random. module",  # the threads of server and worker use it
)
@pytest.mark.parametrize(("versions", "caller"), CASES, ids=IDS)
def test_every_answer_is_as_described(url: str, caller: str, headers: Mapping[str, str]) -> None:
    document = requests.get(f"{url}/openapi.json", timeout=10).json()
    api = schemathesis.openapi.from_dict(document, config=configured(headers, url))
    left = ENDS_SESSIONS if caller == "session" else set()
    asked_of = api.exclude(lambda context: context.operation.label in left) if left else api
    for hook in (map_case, others(caller), filter_failure):
        api.hook(hook)
    asked: Counter[str] = Counter()
    for event in engine.from_schema(asked_of).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), repr(event)
        if isinstance(event, events.ScenarioFinished):
            found = "\n".join(failures(event.recorder))
            assert not found, found
            asked.update(node.value.operation.label for node in event.recorder.cases.values())
    assert asked.keys() == operations(document) - left
