"""The contract of versions 1 to 3, asked over HTTP of a whole service.

By default of one that is started here; with ``--server http://NAME:PASSWORD@HOST:PORT`` of any
that runs, with the credentials of an admin: whatever serves it and however it is configured,
this is what it has to answer. Users and tasks that are made for it are removed. What needs a host
at fault (a program, Redis or the database missing) is for the functional tests.
"""

from __future__ import annotations

import http.client
import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import PATIENCE
from tests.support.client import HOST, Answer, answer_on, asked, basic
from tests.support.site import BIN, new_site, welcomed

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CHALLENGE = 'Basic realm="sysmon", charset="UTF-8"'
PASSWORD = "four unlikely words together"  # long enough for any setting


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
