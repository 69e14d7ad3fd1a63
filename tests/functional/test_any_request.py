"""Whatever a server hands to the application, it answers, and as the contract says."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.metrics import loading
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.user_fields import NewUser
from tests.conftest import MakePrograms, MakeSettings, examples, users_of
from tests.functional.answers import FORM, JSON, PROXY, STRANGER
from tests.support.client import basic

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

ALWAYS = {  # the header of every answer, and what each must or may be
    "x-content-type-options": r"nosniff",
    "content-security-policy": r"default-src '(none|self)'.*",
    "cross-origin-resource-policy": r"same-origin",
    "referrer-policy": r"no-referrer",
    "cache-control": r"no-store|.*max-age=\d+.*|no-cache",
    "x-request-id": r"[A-Za-z0-9._-]{8,64}",
}


@pytest.fixture
def wsgi(make_settings: MakeSettings, programs: MakePrograms, redis_url: str) -> WSGIApplication:
    """The application with two users, below a proxy that it trusts; its programs answer at once."""
    path = programs(uptime="echo up", iostat='echo "$*"', vmstat='echo "$*"')
    room = dict.fromkeys(("tasks_open", "tasks_per_client"), 10**6)
    config = make_settings(
        redis_url=redis_url,
        command_path=path,
        trusted_proxies=PROXY,
        versions="v1 v2 v3 v4",
        plugins_blocked="processes",  # which takes half a second
        **room,
    )
    migrations.upgrade(Database(config.database))
    cheap = Passwords(time_cost=1, memory_cost=8)
    users = users_of(config.database, cheap)
    for name in ("bob", "root"):
        users.create(NewUser(username=name, password="p", fullname="F", admin=name == "root"))
    return make_app(config, loading.load(config), cheap)


@dataclass
class Answer:
    """What was answered, by whichever way."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {name.lower(): value for name, value in self.headers}


def hold(answer: Answer, method: str) -> None:
    """Hold an answer to what is true of all of them."""
    assert answer.status != 500, answer.body
    for name, value in answer.headers:
        assert re.fullmatch(r"[A-Za-z0-9-]+", name)
        assert re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value), "a client writes headers"
        assert not name.lower().startswith("access-control-")
    for name, pattern in ALWAYS.items():
        assert re.fullmatch(pattern, answer.names.get(name, "")), name
    assert b"Traceback" not in answer.body
    if "location" in answer.names:
        assert re.match(r"/(?!/)", answer.names["location"])
    if method == "HEAD":
        assert answer.body == b""
    elif "content-length" in answer.names:
        assert int(answer.names["content-length"]) == len(answer.body)
    if answer.status >= 400:
        hold_problem(answer, method)


def hold_problem(answer: Answer, method: str) -> None:
    """Hold a refusal to RFC 9457 and to what its status asks for."""
    assert answer.names["content-type"] == "application/problem+json"
    assert ("allow" in answer.names) == (answer.status == 405)
    assert ("www-authenticate" in answer.names) == (answer.status == 401)
    assert answer.status not in {429, 503} or int(answer.names["retry-after"]) > 0
    if method == "HEAD":
        return
    told = json.loads(answer.body)
    errors = told.pop("errors", [])
    assert set(told) - {"code"} == {"type", "title", "status", "detail", "instance"}
    assert told.pop("status") == answer.status
    assert all(isinstance(text, str) and text for text in told.values())
    assert told["title"] == HTTPStatus(answer.status).phrase
    assert told["instance"] == answer.names["x-request-id"]
    assert not errors or answer.status == 400
    for error in errors:
        assert set(error) == {"in", "name", "detail"}
        assert error["in"] in {"query", "body", "path", "header"}


def call(wsgi: WSGIApplication, environ: Mapping[str, Any]) -> Answer:
    """The answer as a server takes it that keeps to PEP 3333."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        assert exc_info or not started
        started.append((status, headers))
        return started.append

    parts: Iterable[bytes] = wsgi(dict(environ), start)
    body = b"".join(parts)
    getattr(parts, "close", lambda: None)()
    status, headers = started[-1]
    return Answer(int(status.split()[0]), headers, body)


# What WSGI makes of bytes, which most often are UTF-8.
latin = st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace").decode("latin-1"))
latin |= st.text(st.characters(max_codepoint=255), max_size=8)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"]
PATHS = ["", "/", "*", "/v1", "/v1/", "/v2/", "/v3", "/v3/", "/livez", "/readyz", "/openapi.json"]
PATHS += ["/docs", "/docs/", "/docs/x", "/docs/../x", "/v1/uptime/", "/v1/iostat/", "/v1/iostat"]
PATHS += ["/v1/disk/", "/v2/uptime/", "/v2/iostat/", "/v2/vmstat", "/v2/task/x", "/v3/users/bob"]
PATHS += ["/v3/users/", "/v3/users", "/v3/users/root", "/v3/iostat/", "/v3/users/\xc3\xbc", "//v1/"]
PATHS += ["/v3/task/x", "/v2/task/" + "x" * 300, "/v3//", "/mon/v1/", "/[", "/v3/users/ann"]
PATHS += ["/session", "/v4/me", "/v4/tokens/", "/v4/tokens/1", "/v4/users/", "/v4/users/bob"]
QUERIES = ["", "", "count=2", "count=0", "count=2&wait=1", "detail=1", "limit=1", "a", "mount=/"]
QUERIES += ["limit=" + "9" * 30, "count=\xc3\xbc", "mount=/%C3%BC", "count=2&count=2", "=&=&"]
USER = {"username": "bob", "password": "p", "fullname": "F"}
NEW = USER | {"username": "ann", "admin": True}
BODIES = [b"{}", b'{"count": 2}', b"[]", b"null", *(json.dumps(u).encode() for u in (USER, NEW))]
BODIES += [b'{"username": "root", "password": "p"}', b'{"name": "x"}', b'{"tokens": "revoke"}']
BODIES += [b'{"password": {"old": "p", "new": "p"}}', b'{"password": {"old": {}}}']
BODIES += [b'{"admin": false}', b'{"username": "\\ud800"}', b'{"fullname": "\\u0000"}', b"\xff"]
BODIES += [b"username=ann&password=p&fullname=F&admin=on", b"count=2", b"[" * 10000, b"a=1&" * 200]
HOSTS = ["localhost", "localhost:80", "127.0.0.1:6543", "[::1]:6543", "[127.0.0.1]", "[::1", ""]
HOSTS += ["localhost:", "LOCALHOST.", "1.2.3.4.", "evil.example", ":80", "[]", "[::]:99999", "a b"]
KINDS = [JSON, FORM, f"{JSON}; charset=utf-8", f"{JSON}; charset", "text/plain", ";;", "", "*/*"]
KINDS += [f'{JSON}; charset="', "multipart/form-data", f"{FORM}; charset=x; charset=y", "\xff", "/"]
CREDENTIALS = [basic("root:p"), basic("bob:p"), basic("root:x"), basic(":"), basic("x"), "Bearer x"]
CREDENTIALS += ["Basic", "Basic ", "Basic \xff", "Basic A", "Basic ====", "Basic cm9vdDpw!", "\xa0"]
CREDENTIALS += [basic(text) for text in ("\xff:p", "root\0:p", "root:\0", "root:" + "p" * 9000)]
CREDENTIALS += [f"Basic {b64encode(raw).decode()}" for raw in (b"\xff:p", b"root:\xed\xa0\x80")]

LINES = [
    "GET /v1/disk/",
    "POST /v2/iostat/",
    "GET /v3/users/",
    "POST /v3/users/",
    "PUT /v3/users/ann",
]
LINES += ["PATCH /v3/users/bob", "DELETE /v3/users/ann", "DELETE /v3/task/x", "GET /v3/users/root"]
LINES += ["POST /session", "DELETE /session", "PATCH /v4/me", "POST /v4/tokens/"]
LINES += ["PUT /v3/users/bob", "GET /v2/vmstat/", "POST /v3/iostat/"]

ODD = {
    "REQUEST_METHOD": METHODS,
    "QUERY_STRING": QUERIES,
    "SCRIPT_NAME": ["/mon", "/v3", "/mon/"],
    "HTTP_HOST": HOSTS,
    "HTTP_ACCEPT": ["*/*", JSON, "text/html", f"{JSON};q=0", "*/*;q=0", ",", "a/b;q=x", "*", "/"],
    "CONTENT_TYPE": KINDS,
    "HTTP_AUTHORIZATION": CREDENTIALS,
    "HTTP_X_FORWARDED_FOR": ["192.0.2.9", "::1", ",", "x, 192.0.2.9", "1" * 45, "...", ":::"],
    "HTTP_X_FORWARDED_PREFIX": ["/mon", "/mon/", "/", "//evil.example", "mon", "/v1", "/v3", "/.."],
    "HTTP_X_FORWARDED_PROTO": ["https", "http", "ftp", ",", "https, http"],
    "HTTP_X_REQUEST_ID": ["0123456789abcdef", "x" * 65, "short", "a b c d e", "x\r\nA: b"],
    "HTTP_SEC_FETCH_SITE": ["same-origin", "none", "cross-site", "same-site", ""],
    "HTTP_ORIGIN": ["null", "http://localhost", "https://evil.example", "http://[", "http://[x]"],
    "CONTENT_LENGTH": ["", "0", "1", "-1", "+5", "abc", "99999999999", "9" * 5000, "\xb2", "5, 5"],
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": ["POST"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_RANGE": ["bytes=0-1", "bytes=9-1", "x"],
    "HTTP_IF_NONE_MATCH": ["*", '"x"', "x"],
    "HTTP_IF_MODIFIED_SINCE": ["Sun, 06 Nov 2044 08:49:37 GMT", "x"],
    "HTTP_ACCEPT_ENCODING": ["gzip", "identity;q=0", "x"],
    "HTTP_ACCEPT_LANGUAGE": ["de", "*;q=0", "x y"],
    "HTTP_COOKIE": [
        "a=b",
        "=;",
        "\xff",
        "sysmon_session=x",
        "sysmon_session=\xff",
        "sysmon_session",
    ],
    "HTTP_TRANSFER_ENCODING": ["chunked", "x"],
    "HTTP_EXPECT": ["100-continue", "x"],
}


def some(listed: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the list, to get past the first check, or anything."""
    return st.sampled_from(listed) | st.sampled_from(listed) | latin


segments = some(["v1", "v2", "v3", "v4", "users", "task", "iostat", "uptime", "root", "..", ""])
anywhere = st.lists(segments, max_size=5).map("/".join)
anything = st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS) | anywhere).map(list)
lines = st.sampled_from(LINES).map(str.split) | anything
usual = st.fixed_dictionaries(
    {
        "line": lines,
        "QUERY_STRING": st.just("") | st.sampled_from(QUERIES),
        "REMOTE_ADDR": st.sampled_from([PROXY, STRANGER, "", "::1"]),
        "HTTP_AUTHORIZATION": st.sampled_from(["", *CREDENTIALS[:2]]),
        "CONTENT_TYPE": st.sampled_from([JSON, FORM, ""]),
    }
).map(lambda made: {"REQUEST_METHOD": made["line"][0], "PATH_INFO": made.pop("line")[1]} | made)
odd = st.lists(st.sampled_from([*ODD]), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: some(ODD[name]) for name in names})
)


@settings(max_examples=examples(600))
@given(usual=usual, odd=odd, body=st.sampled_from(BODIES) | st.binary(max_size=40))
def test_any_request_is_answered_as_the_contract_says(
    wsgi: WSGIApplication, usual: dict[str, str], odd: dict[str, str], body: bytes
) -> None:
    environ: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "SCRIPT_NAME": ""} | usual | odd
    environ.setdefault("HTTP_HOST", "localhost")
    if not environ["SCRIPT_NAME"].startswith("/"):
        environ["SCRIPT_NAME"] = ""  # which is the server's, and sound
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"}
    environ |= {"wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body)}
    environ |= {"wsgi.errors": io.StringIO(), "wsgi.multithread": True}
    environ |= {"wsgi.multiprocess": False, "wsgi.run_once": False}
    answer = call(wsgi, environ)
    event(str(answer.status))
    assert answer.status < 500 or usual["PATH_INFO"] == "/readyz", answer.body
    hold(answer, environ["REQUEST_METHOD"])
