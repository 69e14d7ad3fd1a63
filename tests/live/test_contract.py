"""The contract of versions 1 to 3, asked over HTTP of a whole service.

By default of one that is started here; with ``--server http://NAME:PASSWORD@HOST:PORT`` of any
that runs, with the credentials of an admin: whatever serves it and however it is configured,
this is what it has to answer. Users and tasks that are made for it are removed. What needs a host
at fault (a program, Redis or the database missing) is for the functional tests.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest

from tests.conftest import PATIENCE, until
from tests.support.client import HOST, Answer, answer_on, asked, basic
from tests.support.site import BIN, new_site, welcomed

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CHALLENGE = 'Basic realm="sysmon", charset="UTF-8"'
PASSWORD = "four unlikely words together"  # long enough for any setting
NOT_WHOLE = ("1.5", "abc", "", "1e3", "0x10", "1_000", "%204", "%2B5", "%D9%A4", "%EF%BC%94")
BAD_QUERIES = (
    *(f"count={value}" for value in (*NOT_WHOLE, "0", "-1")),
    *(f"count=2&wait={value}" for value in (*NOT_WHOLE, "0")),
    *("wait=2", "count=1&wait=2", "other=1", "count=2&count=2"),
)
LONG = "/v2/iostat/?count=1000"  # a task that does not end by itself here
MANY = 24  # synchronous runs at once: more than any of our configurations has slots


@dataclass(frozen=True)
class Service:
    """Where it is, and its admin."""

    host: str
    port: int
    admin: str  # name:password

    def ask(
        self, method: str, path: str, content: object = b"", *, who: str = "", **headers: str
    ) -> Answer:
        """The answer, held to what is true of all; ``content`` is bytes, or an object for JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body and "content-type" not in headers:
            headers["content-type"] = JSON
        if who:
            headers["authorization"] = basic(who)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        answer = asked(connection, method, path, body or None, headers)
        if answer.status >= 400 and method != "HEAD":
            hold_to_rfc_9457(answer)
        return answer

    def get(self, path: str, who: str = "") -> Any:
        """What a 200 has in it."""
        answer = self.ask("GET", path, who=who)
        assert (answer.status, answer.headers["Content-Type"]) == (200, JSON), (path, answer)
        return answer.json

    def raw(self, text: str) -> Answer:
        """The answer to what no client would send."""
        with socket.create_connection((self.host, self.port), PATIENCE) as one:
            one.sendall(text.encode("latin-1"))
            return answer_on(one)


def hold_to_rfc_9457(answer: Answer) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json", answer
    told = answer.json
    assert set(told) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert (told["status"], told["title"]) == (answer.status, HTTPStatus(answer.status).phrase)
    assert told["instance"] == answer.headers["X-Request-Id"]
    for error in told.get("errors", ()):
        assert set(error) == {"in", "name", "detail"}
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    if answer.status == 401:
        assert answer.headers["WWW-Authenticate"] == CHALLENGE


def named(answer: Answer) -> set[tuple[str, str]]:
    """What a 400 says is wrong."""
    assert answer.status == 400, answer
    return {(error["in"], error["name"]) for error in answer.json["errors"]}


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if url := request.config.getoption("--server"):
        parts = urlsplit(url)
        admin = f"{parts.username}:{unquote(parts.password or '')}"
        yield Service(parts.hostname or HOST, parts.port or 80, admin)
        return
    with new_site() as site:
        welcomed(site.run())
        name = "contract"
        words = ("user", "add", name, "--admin", "--password-file", "-")
        site.said(BIN / "sysmon", "database", "upgrade")
        site.said(BIN / "sysmon", *words, typed=PASSWORD)
        yield Service(HOST, site.port, f"{name}:{PASSWORD}")


@pytest.fixture
def name(service: Service) -> Iterator[str]:
    """A username that is free, before the test and after it."""
    found = f"contract-{uuid.uuid4().hex[:8]}"
    yield found
    for one in (found, f"{found}-2"):
        service.ask("DELETE", f"/v3/users/{one}", who=service.admin)


def whole(name: str, **fields: object) -> dict[str, Any]:
    return {"username": name, "password": PASSWORD, "fullname": "A B"} | fields


def shown(name: str, *, admin: bool = False) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"/v3/users/{name}"}]
    return {"username": name, "fullname": "A B", "admin": admin, "links": links}


@pytest.fixture
def user(service: Service, name: str) -> str:
    """Credentials of a user who is no admin."""
    made = service.ask("POST", "/v3/users/", whole(name), who=service.admin)
    assert (made.status, made.json) == (201, shown(name))
    return f"{name}:{PASSWORD}"


# All versions


def test_the_root_links_to_the_versions_in_order(service: Service) -> None:
    links = [{"rel": version, "href": f"/{version}/"} for version in ("v1", "v2", "v3")]
    assert service.get("/") == {"links": links}


@pytest.mark.parametrize("path", ["/v1", "/v2/uptime", "/v1/iostat", "/v3"])
def test_a_collection_without_its_slash_redirects(service: Service, path: str) -> None:
    for method, status in (("GET", 301), ("HEAD", 301), ("POST", 308), ("DELETE", 308)):
        answer = service.ask(method, f"{path}?a=%20b&c")
        assert (answer.status, answer.headers["Location"]) == (status, f"{path}/?a=%20b&c")


@pytest.mark.parametrize("path", ["/none", "/v0/", "/v1/none/", "/v2/task/none", "/v1/uptime/x"])
def test_an_unknown_path_is_a_404(service: Service, path: str) -> None:
    assert service.ask("GET", path).status == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/v1/uptime/", "GET, HEAD"),
        ("/v1/iostat/", "GET, HEAD"),
        ("/v2/iostat/", "GET, POST"),
        ("/v2/task/none", "DELETE, GET, HEAD"),
    ],
)
def test_a_wrong_method_is_a_405_with_allow(service: Service, path: str, allowed: str) -> None:
    answer = service.ask("PUT", path)
    assert answer.status == 405
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed


def test_a_body_must_be_what_its_type_says_and_of_a_type(service: Service) -> None:
    for body, kind, status in (
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"count=%ff", FORM, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * 70_000, JSON, 413),
    ):
        answer = service.ask("POST", "/v2/iostat/", body, content_type=kind)
        assert answer.status == status, (body[:20], kind)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0"])
def test_an_accept_that_json_cannot_satisfy_is_a_406(service: Service, accept: str) -> None:
    assert service.ask("GET", "/v1/uptime/", accept=accept).status == 406


@pytest.mark.parametrize("path", ["/", "/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v3/"])
def test_what_answers_get_answers_head(service: Service, path: str) -> None:
    answer = service.ask("HEAD", path)
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, JSON, b"")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_as_a_problem_or_without_a_body(
    service: Service, text: str
) -> None:
    answer = service.raw(text)
    assert answer.status == 400
    if answer.body:
        hold_to_rfc_9457(answer)


# Versions 1 and 2


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_an_index_lists_the_metrics_uptime_and_iostat_first(service: Service, version: str) -> None:
    links = service.get(f"/{version}/")["links"]
    assert [link["rel"] for link in links[:2]] == ["uptime", "iostat"]
    assert all(link["href"] == f"/{version}/{link['rel']}/" for link in links)
    assert (links[-1]["rel"] == "users") is (version == "v3")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_uptime_is_what_the_command_prints(service: Service, version: str) -> None:
    answer = service.get(f"/{version}/uptime/")
    assert set(answer) == {"uptime"}
    assert re.fullmatch(r"\d\d:\d\d:\d\d up .*,  \d+ users?,  load average: .*\d", answer["uptime"])
    assert named(service.ask("GET", f"/{version}/uptime/?count=1")) == {("query", "count")}


@pytest.mark.parametrize("query", ["", "?count=2", "?count=2&wait=1", "?count=1&wait=1"])
def test_iostat_in_version_1_is_what_the_command_prints(service: Service, query: str) -> None:
    answer = service.get(f"/v1/iostat/{query}")
    assert set(answer) == {"iostat"}
    assert answer["iostat"].count("Device") == (2 if "count=2" in query else 1)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_parameters_that_are_not_allowed_are_a_400_that_names_them(
    service: Service, version: str, query: str
) -> None:
    name = query.rpartition("&")[2].partition("=")[0]
    assert ("query", name) in named(service.ask("GET", f"/{version}/iostat/?{query}"))


def test_a_run_beyond_the_synchronous_limit_is_shown_the_way(service: Service) -> None:
    answer = service.ask("GET", "/v1/iostat/?count=9999")
    assert answer.status == 400
    assert re.search(r"\d+.*/v2/iostat/", answer.json["detail"])


def test_too_many_runs_at_once_are_a_503_and_quick_requests_go_on(service: Service) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        running = [pool.submit(service.ask, "GET", "/v1/iostat/?count=4") for _ in range(MANY)]
        assert [set(service.get("/v1/uptime/")) for _ in range(5)] == [{"uptime"}] * 5
        assert not all(run.done() for run in running)
        assert {run.result().status for run in running} == {200, 503}


# Tasks


@pytest.mark.parametrize(
    ("method", "version"), [("GET", "v2"), ("POST", "v2"), ("GET", "v3"), ("POST", "v3")]
)
def test_a_task_is_made_succeeds_and_is_removed(
    service: Service, method: str, version: str
) -> None:
    who = service.admin if version == "v3" else ""
    made = service.ask(method, f"/{version}/iostat/", who=who)
    path = made.headers["Location"]
    task_id = path.rpartition("/")[2]
    links = [{"rel": "task", "href": f"/{version}/task/{task_id}"}]
    assert (made.status, made.json) == (201, {"task_id": task_id, "links": links})
    until(lambda: service.get(path, who)["state"] not in {"QUEUED", "STARTED"})
    done = service.get(path, who)
    assert set(done["result"]) == {"iostat"}
    links = [{"rel": "self", "href": path}]
    known = {"task_id": task_id, "state": "SUCCESS", "links": links}
    assert done == known | {"result": done["result"]}
    assert service.ask("DELETE", path, who=who).status == 204
    for again in ("GET", "DELETE"):
        assert service.ask(again, path, who=who).status == 404


def test_a_task_that_runs_can_be_cancelled(service: Service) -> None:
    path = service.ask("POST", LONG).headers["Location"]
    task_id = path.rpartition("/")[2]
    until(lambda: service.get(path)["state"] == "STARTED")
    own = {"rel": "self", "href": path}
    cancel = {"rel": "cancel", "method": "DELETE", "href": path}
    shown = {"task_id": task_id, "state": "STARTED", "links": [own, cancel]}
    assert service.get(path) == shown
    gone = service.ask("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert service.get(path) == {"task_id": task_id, "state": "REVOKED", "links": [own]}
    assert service.ask("DELETE", path).status == 204


def test_head_starts_no_task(service: Service) -> None:
    assert service.ask("HEAD", "/v2/iostat/").status == 405


def test_tasks_of_version_3_are_hidden_from_version_2_alone(service: Service) -> None:
    hidden = service.ask("POST", "/v3/iostat/?count=1000", who=service.admin).headers["Location"]
    public = service.ask("POST", LONG).headers["Location"]
    for method in ("GET", "DELETE"):
        assert service.ask(method, hidden.replace("v3", "v2")).status == 404
    assert service.get(public.replace("v2", "v3"), service.admin)["links"][0]["href"] == (
        public.replace("v2", "v3")
    )
    for path in (hidden, public.replace("v2", "v3")):
        assert service.ask("DELETE", path, who=service.admin).status == 204


# Version 3


def test_who_may_do_what_is_decided_before_anything_is_read(service: Service, user: str) -> None:
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


def test_what_is_written_counts_from_the_next_request_on(service: Service, user: str) -> None:
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
