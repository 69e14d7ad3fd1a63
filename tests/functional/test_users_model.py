"""Whatever is asked in whatever order, the users are what a dictionary with their rules holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, insert
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.database.tables import users
from sysmon_core.metrics import loading
from sysmon_core.services.passwords import Passwords
from tests.conftest import MakeSettings, examples
from tests.functional.users_bodies import NAMES, PART, VALUES, WHOLE, Sent, sending
from tests.support.client import authorization

CHANGES = st.sampled_from(["POST", "PUT", "PATCH"])
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

    def ask(self, method: str, path: str, sent: Sent | None = None, **headers: str) -> Any:
        """Ask as an admin, unless the headers say who it is."""
        request: dict[str, Any] = {"method": method, "expect_errors": True}
        request["headers"] = headers or self.as_admin()
        if sent is not None:
            request |= {"body": sent.body, "content_type": sent.kind}
        return self.app.request(f"/v3/users/{path}", **request)

    def as_admin(self) -> dict[str, str]:
        admin = next(name for name, user in self.users.items() if user.admin)
        return authorization(f"{admin}:{self.users[admin].password}")

    def shown(self, name: str) -> dict[str, Any]:
        fields = {
            key: value for key, value in asdict(self.users[name]).items() if key != "password"
        }
        links = [{"rel": "self", "href": f"/v3/users/{name}"}]
        return {"username": name, "links": links} | fields

    def is_as_in_the_model(self, name: str, answer: Any) -> None:
        """The answer shows the user, and so does what the user's own password opens."""
        assert answer.json == self.shown(name)
        headers = authorization(f"{name}:{self.users[name].password}")
        assert self.app.get(f"/v3/users/{name}", headers=headers).json == answer.json

    def move(self, old: str, new: str, user: Known) -> int:
        """The status of a change, made in the model if it may be."""
        others = {name: known for name, known in self.users.items() if name != old}
        if new in others or not any(known.admin for known in (user, *others.values())):
            return 409
        self.users = others | {new: user}
        return 200

    def is_out(self, name: str, password: str) -> None:
        """What opened the door until now opens it no more, unless it still should."""
        known = self.users.get(name)
        if known is None or known.password != password:
            headers = authorization(f"{name}:{password}")
            assert self.app.get("/v3/users/", headers=headers, expect_errors=True).status_int == 401

    @rule(sent=sending(WHOLE))
    def create(self, sent: Sent) -> None:
        fields = sent.fields
        name = fields["username"]
        answer = self.ask("POST", "", sent)
        if name in self.users:
            assert answer.status_int == 409
        else:
            self.users[name] = Known(**{k: v for k, v in fields.items() if k != "username"})
            assert answer.status_int == 201
            self.is_as_in_the_model(name, answer)

    @rule(path=NAMES, sent=sending(WHOLE))
    def put(self, path: str, sent: Sent) -> None:
        fields, before = sent.fields, self.users.get(path)
        name = fields["username"]
        answer = self.ask("PUT", path, sent)
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
            self.is_out(path, before.password if before else "")

    @rule(path=NAMES, sent=sending(PART))
    def patch(self, path: str, sent: Sent) -> None:
        fields = sent.fields
        answer = self.ask("PATCH", path, sent)
        name = fields.get("username", path)
        changes = {k: v for k, v in fields.items() if k != "username"}
        known = self.users.get(path)
        expected = self.move(path, name, replace(known, **changes)) if known else 404
        assert answer.status_int == expected
        if known and expected < 400:
            self.is_as_in_the_model(name, answer)
            self.is_out(path, known.password)

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
            self.is_out(path, self.users.pop(path).password)

    @rule(method=CHANGES, sent=sending(WHOLE), fault=UNFIT)
    def unfit(self, method: str, sent: Sent, fault: dict[str, str]) -> None:
        path = "" if method == "POST" else sent.fields["username"]
        assert self.ask(method, path, replace(sent, fields=sent.fields | fault)).status_int == 400

    @rule(method=CHANGES, sent=sending(WHOLE), name=st.sampled_from([*VALUES]))
    def twice(self, method: str, sent: Sent, name: str) -> None:
        path = "" if method == "POST" else sent.fields["username"]
        assert self.ask(method, path, replace(sent, twice=name)).status_int == 400

    @rule(method=CHANGES | st.just("DELETE"), path=NAMES, sent=sending(PART), name=NAMES)
    def not_theirs(self, method: str, path: str, sent: Sent, name: str) -> None:
        """Who is no admin changes nothing, whoever it is about and whatever is sent."""
        known = self.users.get(name)
        if known and known.admin:
            return
        who = authorization(f"{name}:{known.password if known else 'p'}")
        answer = self.ask(method, "" if method == "POST" else path, sent, **who)
        assert answer.status_int == (403 if known else 401)

    @rule(path=NAMES)
    def show(self, path: str) -> None:
        answer, headed = self.ask("GET", path), self.ask("HEAD", path)
        assert answer.status_int == headed.status_int == (200 if path in self.users else 404)
        assert headed.body == b""
        if path in self.users:
            assert answer.json == self.shown(path)

    @rule(limit=st.integers(1, 6) | st.integers(1), detail=st.sampled_from(["", "0", "1"]))
    def list_some(self, limit: int, detail: str) -> None:
        query = f"?limit={limit}" + (f"&detail={detail}" if detail else "")
        names = sorted(self.users)[:limit]
        expected = [self.shown(name) for name in names] if detail == "1" else names
        assert self.ask("GET", query).json == {"users": expected}
        assert self.ask("HEAD", query).status_int == 200

    @rule(name=NAMES, password=VALUES["password"])
    def log_in(self, name: str, password: str) -> None:
        headers = authorization(f"{name}:{password}")
        answer = self.app.get(f"/v3/users/{name}", headers=headers, expect_errors=True)
        known = self.users.get(name)
        assert answer.status_int == (200 if known and known.password == password else 401)

    @invariant()
    def the_list_is_the_model_and_an_admin_is_left(self) -> None:
        expected = [self.shown(name) for name in sorted(self.users)]
        assert self.ask("GET", "?detail=1").json == {"users": expected}
        assert any(user["admin"] for user in expected)


@pytest.mark.timeout(examples(240))  # room to find the shortest way to a failure
def test_the_users_follow_the_model(make_settings: MakeSettings) -> None:
    config = make_settings()
    database = Database(config.database)
    cheap = Passwords(time_cost=1, memory_cost=8)
    password_hash = cheap.hash("p")
    migrations.upgrade(database)

    def reset_to_the_first() -> None:
        with database.write() as connection:
            connection.execute(delete(users))
            for name, user in FIRST.items():
                row = {"username": name, "fullname": user.fullname, "admin": user.admin}
                connection.execute(insert(users).values(password_hash=password_hash, **row))

    class Here(Model):
        app = TestApp(make_app(config, loading.load(config), cheap))
        reset = reset_to_the_first

    few = settings(max_examples=examples(12), stateful_step_count=20)
    run_state_machine_as_test(Here, settings=few)
