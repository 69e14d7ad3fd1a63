"""The contract of version 3: permissions and users."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.live.contract.conftest import FORM, PASSWORD, Service, named, shown, whole
from tests.support.client import Answer

# Version 3


def test_permissions_are_checked_before_parameters_and_bodies(service: Service, user: str) -> None:
    one = f"/v3/users/{user.partition(':')[0]}"
    wrong = service.admin + "x"
    rows = {
        ("GET", "/v3/"): (200, 200, 200),
        ("GET", "/v3/uptime/"): (401, 200, 200),
        ("GET", "/v3/task/none"): (401, 404, 404),
        ("GET", "/v3/users/"): (401, 200, 200),
        ("GET", one): (401, 200, 200),
        ("POST", "/v3/users/"): (401, 403, 400),
        ("PUT", one): (401, 403, 400),
        ("PATCH", one): (401, 403, 200),
        ("DELETE", f"{one}-none"): (401, 403, 404),
    }
    found = {
        row: tuple(service.ask(*row, who=who).status for who in ("", user, service.admin))
        for row in rows
    }
    assert found == rows
    assert service.ask("GET", "/v3/uptime/", who=wrong).status == 401
    assert service.ask("GET", "/v3/", who=wrong).status == 200


def test_users_are_listed_by_name(service: Service, user: str) -> None:
    names = service.get("/v3/users/", user)["users"]
    assert names == sorted(names)
    detailed = service.get("/v3/users/?detail=1", user)["users"]
    assert [one["username"] for one in detailed] == names
    assert shown(user.partition(":")[0]) in detailed
    assert service.get("/v3/users/?limit=1", user) == {"users": names[:1]}
    for limit in ("0", "x", "1.5"):
        answer = service.ask("GET", f"/v3/users/?limit={limit}", who=user)
        assert named(answer) == {("query", "limit")}


def test_a_user_is_made_from_a_form_too(service: Service, name: str) -> None:
    form = urlencode(whole(name, admin="yes")).encode()
    made = service.ask("POST", "/v3/users/", form, who=service.admin, content_type=FORM)
    assert (made.status, made.headers["Location"]) == (201, f"/v3/users/{name}")
    assert made.json == shown(name, admin=True) == service.get(f"/v3/users/{name}", service.admin)


def test_fields_that_are_not_allowed_are_a_400(service: Service, name: str) -> None:
    for fields, fault in (
        (whole(name, other=1), "other"),
        (whole("-no"), "username"),
        (whole("x" * 65), "username"),
        (whole(name, fullname=""), "fullname"),
        (whole(name, admin="maybe"), "admin"),
    ):
        answer = service.ask("POST", "/v3/users/", fields, who=service.admin)
        assert named(answer) == {("body", fault)}
    twice = urlencode([*whole(name).items(), ("fullname", "C")]).encode()
    answer = service.ask("POST", "/v3/users/", twice, who=service.admin, content_type=FORM)
    assert named(answer) == {("body", "fullname")}


def test_put_creates_replaces_and_renames(service: Service, name: str) -> None:
    def put(path: str, fields: dict[str, Any]) -> Answer:
        return service.ask("PUT", f"/v3/users/{path}", fields, who=service.admin)

    assert named(put(name, whole(f"{name}-2"))) == {("body", "username")}
    assert put(name, whole(name)).status == 201
    replaced = put(name, whole(name))
    assert (replaced.status, replaced.json) == (200, shown(name))
    renamed = put(name, whole(f"{name}-2"))
    assert (renamed.status, renamed.json) == (200, shown(f"{name}-2"))
    assert service.ask("GET", f"/v3/users/{name}", who=service.admin).status == 404


def test_a_name_that_is_taken_is_a_409(service: Service, user: str) -> None:
    name, admin = user.partition(":")[0], service.admin.partition(":")[0]
    assert service.ask("POST", "/v3/users/", whole(name), who=service.admin).status == 409
    answer = service.ask("PATCH", f"/v3/users/{name}", {"username": admin}, who=service.admin)
    assert answer.status == 409


def test_a_changed_user_counts_from_the_next_request_on(service: Service, user: str) -> None:
    name = user.partition(":")[0]
    path, new = f"/v3/users/{name}", f"{PASSWORD} and more"
    assert service.ask("GET", "/v3/uptime/", who=user).status == 200
    changed = service.ask("PATCH", path, {"password": new}, who=service.admin)
    assert (changed.status, changed.json) == (200, shown(name))
    assert service.ask("GET", "/v3/uptime/", who=user).status == 401
    assert service.ask("GET", "/v3/uptime/", who=f"{name}:{new}").status == 200
    assert service.ask("DELETE", path, who=service.admin).status == 204
    assert service.ask("GET", "/v3/uptime/", who=f"{name}:{new}").status == 401
    assert service.ask("DELETE", path, who=service.admin).status == 404


def test_the_last_admin_stays(service: Service) -> None:
    found = service.get("/v3/users/?detail=1", service.admin)["users"]
    if sum(one["admin"] for one in found) > 1:
        pytest.skip("there are others")
    path = f"/v3/users/{service.admin.partition(':')[0]}"
    assert service.ask("DELETE", path, who=service.admin).status == 409
    assert service.ask("PATCH", path, {"admin": False}, who=service.admin).status == 409
