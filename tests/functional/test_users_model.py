"""Whatever is asked in whatever order, the users are what a dictionary with their rules holds."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete
from webtest import TestApp

from sysmon_core.db import Database
from sysmon_core.models import User
from tests.conftest import MakeApp, MakeSettings

NAMES = st.sampled_from(["ann", "Ann", "bob", "b.o_b@x-y", "root"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "username": NAMES,
    "password": st.sampled_from(["p", "q:", "ü"]),
    "fullname": st.sampled_from(["A", "Ü <b>&", "false"]),
}
ADMIN = {"admin": st.booleans()}
WHOLE = st.fixed_dictionaries(VALUES, optional=ADMIN)
PART = WHOLE | st.fixed_dictionaries({}, optional=VALUES | ADMIN)
UNFIT = st.sampled_from([{"username": "-x"}, {"fullname": ""}, {"password": "\0"}, {"nick": "x"}])


@dataclass(frozen=True)
class Known:
    """A user as the model holds it, by username."""

    password: str
    fullname: str
    admin: bool = False


FIRST = {"root": Known("p", "Root", admin=True), "ann": Known("p", "Ann")}


class Model(RuleBasedStateMachine):
    """Each rule asks the service, and says what it must answer and be from then on."""

    app: ClassVar[TestApp]
    reset: ClassVar[Callable[[], None]]

    def __init__(self) -> None:
        super().__init__()
        type(self).reset()
        self.users = dict(FIRST)

    def ask(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        """Ask as an admin: JSON, or a form if there is an odd number of fields."""
        admin = next(name for name, user in self.users.items() if user.admin)
        request: dict[str, Any] = {"method": method, "expect_errors": True}
        request["headers"] = authorization(admin, self.users[admin].password)
        if fields is not None and len(fields) % 2:
            request |= {"body": urlencode(fields).encode()}
            request |= {"content_type": "application/x-www-form-urlencoded"}
        elif fields is not None:
            request |= {"body": json.dumps(fields).encode(), "content_type": "application/json"}
        return self.app.request(f"/v3/users/{path}", **request)

    def shown(self, name: str) -> dict[str, Any]:
        fields = {
            key: value for key, value in asdict(self.users[name]).items() if key != "password"
        }
        links = [{"rel": "self", "href": f"/v3/users/{name}"}]
        return {"username": name, "links": links} | fields

    def is_as_in_the_model(self, name: str, answer: Any) -> None:
        """The answer shows the user, and so does what the user's own password opens."""
        assert answer.json == self.shown(name)
        headers = authorization(name, self.users[name].password)
        assert self.app.get(f"/v3/users/{name}", headers=headers).json == answer.json

    def move(self, old: str, new: str, user: Known) -> int:
        """The status of a change, made in the model if it may be."""
        others = {name: known for name, known in self.users.items() if name != old}
        if new in others or not any(known.admin for known in (user, *others.values())):
            return 409
        self.users = others | {new: user}
        return 200

    @rule(fields=WHOLE)
    def create(self, fields: dict[str, Any]) -> None:
        name = fields["username"]
        answer = self.ask("POST", "", fields)
        if name in self.users:
            assert answer.status_int == 409
        else:
            self.users[name] = Known(**{k: v for k, v in fields.items() if k != "username"})
            assert answer.status_int == 201
            self.is_as_in_the_model(name, answer)

    @rule(path=NAMES, fields=WHOLE)
    def put(self, path: str, fields: dict[str, Any]) -> None:
        name = fields["username"]
        answer = self.ask("PUT", path, fields)
        user = Known(**{k: v for k, v in fields.items() if k != "username"})
        if path in self.users:
            expected = self.move(path, name, user)
        elif path == name:
            expected, self.users[name] = 201, user
        else:
            expected = 400
        assert answer.status_int == expected
        if expected < 400:
            self.is_as_in_the_model(name, answer)

    @rule(path=NAMES, fields=PART)
    def patch(self, path: str, fields: dict[str, Any]) -> None:
        answer = self.ask("PATCH", path, fields)
        name = fields.get("username", path)
        changes = {k: v for k, v in fields.items() if k != "username"}
        known = self.users.get(path)
        expected = self.move(path, name, replace(known, **changes)) if known else 404
        assert answer.status_int == expected
        if expected < 400:
            self.is_as_in_the_model(name, answer)

    @rule(path=NAMES)
    def delete(self, path: str) -> None:
        answer = self.ask("DELETE", path)
        others = [user for name, user in self.users.items() if name != path]
        if path not in self.users:
            assert answer.status_int == 404
        elif not any(user.admin for user in others):
            assert answer.status_int == 409
        else:
            assert answer.status_int == 204
            del self.users[path]

    @rule(method=st.sampled_from(["POST", "PUT", "PATCH"]), fields=WHOLE, fault=UNFIT)
    def unfit(self, method: str, fields: dict[str, Any], fault: dict[str, str]) -> None:
        path = "" if method == "POST" else fields["username"]
        assert self.ask(method, path, fields | fault).status_int == 400

    @rule(name=NAMES, password=VALUES["password"])
    def log_in(self, name: str, password: str) -> None:
        headers = authorization(name, password)
        answer = self.app.get(f"/v3/users/{name}", headers=headers, expect_errors=True)
        known = self.users.get(name)
        assert answer.status_int == (200 if known and known.password == password else 401)

    @invariant()
    def the_list_is_the_model_and_an_admin_is_left(self) -> None:
        expected = [self.shown(name) for name in sorted(self.users)]
        assert self.ask("GET", "?detail=1").json == {"users": expected}
        assert any(user["admin"] for user in expected)


def authorization(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


@pytest.mark.timeout(240)  # room to find the shortest way to a failure
def test_the_users_follow_the_model(make_settings: MakeSettings, make_testapp: MakeApp) -> None:
    config = make_settings()
    database = Database(config.database)
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the costs are in the hash
    password_hash = quick.hash("p")

    def reset_to_the_first() -> None:
        with database.write() as session:
            session.execute(delete(User))
            for name, user in FIRST.items():
                row = {"username": name, "fullname": user.fullname, "admin": user.admin}
                session.add(User(password_hash=password_hash, **row))

    class Here(Model):
        app = make_testapp(config)
        reset = reset_to_the_first

    slow = list(HealthCheck)  # hashing a password is meant to take its time
    few = settings(max_examples=8, stateful_step_count=12, deadline=None, database=None)
    run_state_machine_as_test(Here, settings=settings(few, suppress_health_check=slow))
