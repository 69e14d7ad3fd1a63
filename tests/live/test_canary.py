"""A password is in no log, no answer, not in Redis, and in the database only as a hash."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.conftest import PATIENCE, until
from tests.support.client import HOST, asked, basic
from tests.support.postgresql import Cluster, started_postgresql
from tests.support.site import BIN, ROOT, Site, new_site, welcomed

CANARY = "C4n4ry/of ümläut+"  # looks different in UTF-8, percent-encoding, JSON and base64
ADMIN = "root"


def disguises(secret: str) -> set[bytes]:
    """What a secret may look like in a file: as it is, and as protocols have it."""
    raw = secret.encode()
    encoded = {base64.b64encode(b"x" * n + raw)[4 * (n > 0) : -4] for n in range(3)}
    texts = {quote(secret), quote(secret, safe=""), urlencode({"": secret})[1:], raw.hex()}
    return {raw, json.dumps(secret)[1:-1].encode(), *encoded, *(one.encode() for one in texts)}


def test_a_disguise_is_seen_through() -> None:
    for prefix in ("", "a", "ab:", "root:", "root2:"):
        token = base64.b64encode(f"{prefix}{CANARY}".encode())
        assert any(one in token for one in disguises(CANARY)), prefix


@pytest.fixture(params=["sqlite", "postgresql"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    if request.param == "sqlite":
        yield None
        return
    with started_postgresql() as one:
        yield one


@pytest.fixture
def site(cluster: Cluster | None) -> Iterator[Site]:
    database = {"database_url": cluster.url()} if cluster else {}
    with new_site(config=ROOT / "production.ini", password_min_length=3, **database) as one:
        yield one


class Asking:
    """Keeps every answer, headers and all."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: list[bytes] = []

    def __call__(
        self,
        method: str,
        path: str,
        who: tuple[str, str] | None = (ADMIN, CANARY),
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> int:
        headers = {"Content-Type": kind} if body else {}
        if who:
            headers["Authorization"] = basic(":".join(who))
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        answer = asked(connection, method, path, body, headers)
        self.answers += [str(answer.headers).encode(), answer.body]
        return answer.status


def use(ask: Asking) -> set[int]:
    """Send the password in every place where somebody may put one, right and wrong."""
    users, ann = "/v3/users/", "/v3/users/ann"
    whole = {"username": "ann", "password": CANARY, "fullname": "Ann"}
    form = "application/x-www-form-urlencoded"
    text = json.dumps(whole).encode()
    asked = [
        ask("GET", users),
        ask("POST", users, body=text),
        ask("POST", users, body=text),
        ask("PUT", ann, body=urlencode(whole).encode(), kind=form),
        ask("PATCH", ann, body=json.dumps({"password": CANARY}).encode()),
        ask("PATCH", ann, body=json.dumps({"password": CANARY, "nick": CANARY}).encode()),
        ask("PATCH", ann, body=json.dumps({"admin": CANARY, "fullname": [CANARY]}).encode()),
        ask("PATCH", ann, body=text[:-1]),
        ask("PATCH", ann, body=text, kind=f"text/{quote(CANARY, safe='')}"),
        ask("GET", users, ("ann", CANARY)),
        ask("GET", users, ("ann", CANARY + "!")),
        ask("GET", users, (CANARY, "x")),
        ask("GET", f"{users}{quote(CANARY, safe='')}"),
        ask("GET", f"/v1/iostat/?password={quote(CANARY)}", None),
        ask("GET", f"/v1/iostat/?count={quote(CANARY)}", None),
        ask("GET", f"/{quote(CANARY, safe='')}/?x={quote(CANARY)}", None),
        ask("POST", "/v2/iostat/", None, json.dumps({"count": CANARY}).encode()),
        ask("POST", "/v3/iostat/"),
        ask("DELETE", f"/v3/task/{quote(CANARY, safe='')}"),
        ask("DELETE", ann),
    ]
    return set(asked)


def contents(*places: Path) -> Iterator[tuple[str, bytes]]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


@pytest.mark.timeout(180)
def test_a_password_is_nowhere_to_be_found(site: Site, cluster: Cluster | None) -> None:
    site.said(BIN / "sysmon", "database", "upgrade")
    add = ("user", "add", ADMIN, "--admin", "--password-file", "-")
    said = site.said(BIN / "sysmon", *add, typed=CANARY)
    started = welcomed(site.run())
    ask = Asking(site.port)
    assert use(ask) == {200, 201, 204, 400, 401, 404, 409, 415}
    if cluster:  # what fails must not tell more than what works
        cluster.kill()
    else:
        (site.var / "sysmon.sqlite").rename(site.var / "moved.sqlite")
    assert use(ask) & {503}
    for pid in site.pids("redis-server"):
        (process,) = [one for one in site.processes().values() if one.pid == pid]
        assert CANARY not in process.command
    assert ask("POST", "/v2/iostat/?count=1", None) == 201
    until(lambda: '"task.started"' in started.printed())

    printed = [("what the command said", said.encode())]
    answers = [(f"answer {number}", text) for number, text in enumerate(ask.answers)]
    files = list(contents(site.folder, *([cluster.folder] if cluster else [])))
    names = " ".join(name for name, _ in files)
    assert ".aof" in names
    assert ".log" in names
    assert "moved.sqlite" in names or "pg_wal" in names
    found = {
        (name, one)
        for name, text in (*printed, *answers, *files)
        for one in disguises(CANARY)
        if one in text
    }
    assert not found
