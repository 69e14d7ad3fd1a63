"""Passwords, tokens and sessions are in no log, no answer, no Redis; the database has hashes."""

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
COOKIE = "sysmon_session"
USERS, ANN = "/v3/users/", "/v3/users/ann"
HINT = len("sysmon_") + 4  # characters of a token that lists show
FORM = "application/x-www-form-urlencoded"


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
    given = {"password_min_length": 3, "versions": "v1 v2 v3 v4", **database}
    given["guesses_per_user_and_address"] = "1000/minute"
    with new_site(config=ROOT / "production.ini", **given) as one:
        yield one


class Asking:
    """Keeps every answer, headers and all."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: list[bytes] = []
        self.cookies: list[str] = []

    def __call__(
        self,
        method: str,
        path: str,
        who: tuple[str, str] | str | None = (ADMIN, CANARY),
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> int:
        """``who`` is a name and a password, a whole header, or the cookie of a session."""
        headers = {"Content-Type": kind} if body else {}
        if isinstance(who, str) and who.startswith(COOKIE):
            headers |= {"Cookie": who, "Origin": f"http://{HOST}:{self.port}"}
        elif who:
            headers["Authorization"] = who if isinstance(who, str) else basic(":".join(who))
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        answer = asked(connection, method, path, body, headers)
        if (method, path, answer.status) == ("POST", "/session", 200):  # it alone shows a secret
            self.cookies.append(answer.headers["Set-Cookie"].partition(";")[0])
            del answer.headers["Set-Cookie"]
        self.answers += [str(answer.headers).encode(), answer.body]
        return answer.status


def use(ask: Asking) -> set[int]:
    """Send the password in every place where somebody may put one, right and wrong."""
    whole = {"username": "ann", "password": CANARY, "fullname": "Ann"}
    text = json.dumps(whole).encode()
    asked = [
        ask("GET", USERS),
        ask("POST", USERS, body=text),
        ask("POST", USERS, body=text),
        ask("PUT", ANN, body=urlencode(whole).encode(), kind=FORM),
        ask("PATCH", ANN, body=json.dumps({"password": CANARY}).encode()),
        ask("PATCH", ANN, body=json.dumps({"password": CANARY, "nick": CANARY}).encode()),
        ask("PATCH", ANN, body=json.dumps({"admin": CANARY, "fullname": [CANARY]}).encode()),
        ask("PATCH", ANN, body=text[:-1]),
        ask("PATCH", ANN, body=text, kind=f"text/{quote(CANARY, safe='')}"),
        ask("GET", USERS, ("ann", CANARY)),
        ask("GET", USERS, ("ann", CANARY + "!")),
        ask("GET", USERS, (CANARY, "x")),
        ask("GET", f"{USERS}{quote(CANARY, safe='')}"),
        ask("GET", f"/v1/iostat/?password={quote(CANARY)}", None),
        ask("GET", f"/v1/iostat/?count={quote(CANARY)}", None),
        ask("GET", f"/{quote(CANARY, safe='')}/?x={quote(CANARY)}", None),
        ask("POST", "/v2/iostat/", None, json.dumps({"count": CANARY}).encode()),
        ask("POST", "/v3/iostat/"),
        ask("DELETE", f"/v3/task/{quote(CANARY, safe='')}"),
        ask("DELETE", ANN),
    ]
    return set(asked)


def use_token(ask: Asking, secret: str) -> set[int]:
    """Send the secret of a token wherever somebody may put one, right and wrong."""
    text = json.dumps({"username": "eve", "password": secret, "fullname": secret}).encode()
    asked = [
        ask("GET", USERS, f"Bearer {secret}"),
        ask("GET", f"/v3/{secret}", f"Bearer {secret}"),
        ask("POST", USERS, f"Bearer {secret}", body=text[:-1]),
        ask("PATCH", ANN, f"Bearer {secret}", body=json.dumps({"nick": secret}).encode()),
        ask("GET", USERS, f"Bearer {secret}x"),
        ask("GET", USERS, f"Bearer {secret[:-1]}"),
        ask("GET", USERS, f"Bearer {secret},Bearer {secret}"),
        ask("GET", USERS, f"Token {secret}"),
        ask("GET", USERS, (ADMIN, secret)),
        ask("GET", USERS, (secret, "")),
        ask("GET", f"{USERS}?access_token={secret}", None),
        ask("GET", f"/v1/iostat/?token={secret}", None),
    ]
    return set(asked)


def use_session(ask: Asking) -> set[int]:
    """Log in, right and wrong, and send the secret wherever somebody may put one."""
    login = {"username": ADMIN, "password": CANARY}
    new = {"password": {"old": CANARY + "!", "new": CANARY}}
    asked = [
        ask("POST", "/session", None, json.dumps(login).encode()),
        ask("POST", "/session", None, urlencode(login).encode(), FORM),
        ask("POST", "/session", None, json.dumps(login | {"password": CANARY + "!"}).encode()),
        ask("POST", "/session", None, json.dumps(login | {"username": CANARY}).encode()),
        ask("POST", "/session", None, json.dumps(login | {"nick": CANARY}).encode()),
        ask("PATCH", "/v4/me", body=json.dumps(new).encode()),
    ]
    for cookie in ask.cookies:
        secret = cookie.partition("=")[2]
        asked += [
            ask("GET", "/v4/me", cookie),
            ask("GET", "/v4/me", f"{cookie}x"),
            ask("PATCH", "/v4/me", cookie, json.dumps({"nick": secret}).encode()),
            ask("PATCH", "/v4/me", cookie, json.dumps({"fullname": [secret]}).encode()),
            ask("GET", f"/v4/{secret}", cookie),
            ask("GET", "/v4/me", f"Bearer {secret}"),
            ask("GET", "/v4/me", (ADMIN, secret)),
            ask("GET", f"/v4/me?{COOKIE}={secret}", None),
            ask("GET", USERS, cookie),
            ask("DELETE", "/session", cookie),
            ask("GET", "/v4/me", cookie),
        ]
    return set(asked)


def contents(*places: Path) -> Iterator[tuple[str, bytes]]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


@pytest.mark.timeout(180)
def test_no_secret_is_anywhere_to_be_found(site: Site, cluster: Cluster | None) -> None:
    site.said(BIN / "sysmon", "database", "upgrade")
    add = ("user", "add", ADMIN, "--admin", "--password-file", "-")
    said = site.said(BIN / "sysmon", *add, typed=CANARY)
    create = (BIN / "sysmon", "token", "create", ADMIN, "--name", "x", "--scope", "all")
    good, revoked = (site.said(*create).strip() for _ in range(2))
    started = welcomed(site.run())
    ask = Asking(site.port)
    assert use(ask) == {200, 201, 204, 400, 401, 404, 409, 415}
    assert ask("GET", USERS, f"Bearer {revoked}") == 200
    said += site.said(BIN / "sysmon", "token", "revoke", "2")
    said += site.said(BIN / "sysmon", "token", "list")
    assert use_token(ask, good) == {200, 400, 401, 404}
    assert use_token(ask, revoked) == {400, 401}
    assert use_session(ask) == {200, 204, 400, 401, 404}
    secrets = [cookie.partition("=")[2] for cookie in ask.cookies]
    if cluster:  # what fails must not tell more than what works
        cluster.kill()
    else:
        (site.var / "sysmon.sqlite").rename(site.var / "moved.sqlite")
    assert use(ask) & {503}
    assert use_token(ask, good) & {503}
    assert use_session(ask) & {503}
    for pid in site.pids("redis-server"):
        (process,) = [one for one in site.processes().values() if one.pid == pid]
        assert not any(one in process.command for one in (CANARY, good, revoked))
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
        for one in set().union(*map(disguises, (CANARY, good[HINT:], revoked[HINT:], *secrets)))
        if one in text
    }
    assert not found
