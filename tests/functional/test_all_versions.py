"""What holds in every version: links, redirects, refusals and faults."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
import redis
from webtest import TestApp

from sysmon_core import Metric, Run
from sysmon_core.app import make_app
from sysmon_core.metrics import registry
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.tasks.heartbeat import missing_programs
from tests.conftest import (
    METRICS,
    MakeApp,
    MakePrograms,
    MakeSettings,
    started_redis,
    until,
    working,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PROXY, OTHER_PROXY, STRANGER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
Serve = Callable[..., TestApp]
AT_ONCE = 3.0  # seconds: an answer that waits for nobody, on a busy machine


def problem(answer: Any, status: int, *faults: tuple[str, str]) -> str:
    """Hold an answer to RFC 9457 and to the faults it must name; gives its detail."""
    assert answer.status_int == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json
    optional = {"errors"} if status == 400 else set()
    assert set(told) - optional == {"type", "title", "status", "detail", "instance"}
    assert (told["status"], told["title"]) == (status, HTTPStatus(status).phrase)
    assert all(told[name] and isinstance(told[name], str) for name in ("type", "instance"))
    assert "Traceback" not in answer.text
    if faults:
        assert sorted((fault["in"], fault["name"]) for fault in told["errors"]) == sorted(faults)
        assert all(set(fault) == {"in", "name", "detail"} for fault in told["errors"])
        assert all(fault["detail"] for fault in told["errors"])
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    assert isinstance(told["detail"], str)
    return told["detail"]


def ask(app: TestApp, method: str, path: str, **more: Any) -> Any:
    return app.request(path, method=method, expect_errors=True, **more)


def send(app: TestApp, body: bytes, kind: str | None, path: str = "/v2/iostat/") -> Any:
    headers = {} if kind is None else {"Content-Type": kind}
    return ask(app, "POST", path, body=body, headers=headers)


def is_empty(redis_url: str) -> bool:
    """Whether nothing was started: no task, no message to a worker."""
    with redis.Redis.from_url(redis_url) as client:
        return not client.keys()


@pytest.fixture
def serve(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> Serve:
    """Make the application on programs that answer at once, or as these scripts say."""

    def make(iostat: str = 'echo "$*"', uptime: str = "echo up", **values: object) -> TestApp:
        path = programs(iostat=iostat, uptime=uptime)
        return make_testapp(
            make_settings(**{"redis_url": redis_url, "command_path": path} | values)
        )

    return make


@pytest.fixture
def app(serve: Serve) -> TestApp:
    """The application below two proxies that it trusts."""
    return serve(trusted_proxies=f"{PROXY} {OTHER_PROXY}")


def test_the_root_links_to_each_version_in_order(app: TestApp) -> None:
    links = [{"rel": name, "href": f"/{name}/"} for name in ("v1", "v2", "v3")]
    assert app.get("/").json == {"links": links}


@pytest.mark.parametrize(
    "path", ["/", "/v1/", "/v1/uptime/", "/v1/iostat/?count=2", "/v2/", "/v2/uptime/", "/v3/"]
)
def test_what_answers_get_answers_head_with_an_empty_body(app: TestApp, path: str) -> None:
    shown, headed = app.get(path), app.head(path)
    assert shown.headers["Content-Type"] == headed.headers["Content-Type"] == JSON
    assert (headed.status_int, headed.body) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(shown.body))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/none", 404), ("/v1/iostat/?count=0", 400), ("/v2/iostat/", 405), ("/v2/task/none", 404)],
)
def test_head_is_refused_with_the_headers_of_a_problem_alone(
    app: TestApp, path: str, status: int
) -> None:
    answer = app.head(path, status=status)
    assert (answer.headers["Content-Type"], answer.body) == ("application/problem+json", b"")


@pytest.mark.parametrize(
    "path", ["/v1", "/v2", "/v1/uptime", "/v1/iostat", "/v2/uptime", "/v2/iostat"]
)
def test_a_collection_without_its_slash_redirects_and_keeps_the_query(
    app: TestApp, path: str
) -> None:
    for query in ("", "?count=2&wait=1", "?a=%20b&c=%2F%C3%A9&&d=1+2&a"):
        for method in METHODS:
            answer = ask(app, method, path + query, headers={"Host": "10.9.8.7"})
            assert answer.status_int == (301 if method in {"GET", "HEAD"} else 308), method
            assert answer.headers["Location"] == f"{path}/{query}"


def test_the_index_of_version_3_redirects_like_any_other(app: TestApp) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(app, method, "/v3?a=1", status=301)
        assert answer.headers["Location"] == "/v3/?a=1"


UNKNOWN = ["/none", "/v0/", "/V1/", "//v1", "/v1/none/", "/v1/none", "/v1/Uptime/", "/v1/uptime/x"]
UNKNOWN += ["/v1//", "/v1/users/", "/v1/task/x", "/v1/%C3%A9", "/v1/../v2/", "/v2/none/"]
UNKNOWN += ["/v2/users/", "/v2/task", "/v2/task/", "/v2/task/x/", "/v2/task/a%2Fb"]


def test_an_unknown_path_is_a_404_for_every_method(app: TestApp, subtests: pytest.Subtests) -> None:
    for path in UNKNOWN:
        with subtests.test(path):
            assert app.head(path, expect_errors=True).status_int == 404
            for method in set(METHODS) - {"HEAD"}:
                problem(ask(app, method, path), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *((path, {"GET", "HEAD"}) for path in ("/", "/v1/", "/v1/uptime/", "/v1/iostat/")),
        *((path, {"GET", "HEAD"}) for path in ("/v2/", "/v2/uptime/")),
        ("/v2/iostat/", {"GET", "POST"}),
        ("/v2/task/none", {"GET", "HEAD", "DELETE"}),
    ],
)
def test_a_wrong_method_is_a_405_that_lists_the_right_ones(
    app: TestApp, path: str, allowed: set[str]
) -> None:
    for method in set(METHODS) - allowed:
        answer = ask(app, method, path, status=405)
        assert sorted(answer.headers["Allow"].split(", ")) == sorted(allowed)
        if method != "HEAD":
            problem(answer, 405)


NOT_JSON = [b"{", b" ", b'{"count": 2}x', b"[]", b"null", b"2", b'"count"', b"count=2", b"\xff"]
NOT_JSON += [b'{"count": NaN}', b'{"count": Infinity}', b"[" * 5000, b'{"count":' * 5000]
NOT_A_FORM = [b"count=%ff", b"count=\xff", b"%c0%ae=1"]


def test_a_body_that_is_not_what_its_type_says_is_a_400(app: TestApp) -> None:
    for body in NOT_JSON:
        problem(send(app, body, JSON), 400)
    for body in NOT_A_FORM:
        problem(send(app, body, FORM), 400)


@pytest.mark.parametrize(
    "kind",
    [
        *(None, "", "json", "text/plain", "application/xml", "application/vnd.api+json"),
        *("multipart/form-data; boundary=x", "application/json, text/plain"),
    ],
)
def test_a_body_of_an_unsupported_type_or_of_none_is_a_415(app: TestApp, kind: str | None) -> None:
    problem(send(app, b'{"count": 2}', kind), 415)


@pytest.mark.parametrize(
    "kind", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"', "Application/JSON"]
)
def test_a_supported_type_is_known_however_it_is_written(app: TestApp, kind: str) -> None:
    assert send(app, b'{"count": 2}', kind).status_int == 201


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(serve: Serve) -> None:
    app = serve(body_limit=100)
    assert send(app, b"{}".ljust(100), JSON).status_int == 201
    for kind in (JSON, FORM, "text/plain", None):
        assert "100" in problem(send(app, b"{}".ljust(101), kind), 413)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*;q=0.5"])
def test_an_accept_that_json_cannot_satisfy_is_a_406_and_starts_nothing(
    app: TestApp, redis_url: str, accept: str
) -> None:
    paths = ["/", "/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v2/uptime/", "/v2/iostat/"]
    for path in [*paths, "/v2/task/none", "/v3/"]:
        problem(ask(app, "GET", path, headers={"Accept": accept}), 406)
    problem(ask(app, "POST", "/v2/iostat/", headers={"Accept": accept}), 406)
    assert is_empty(redis_url)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", JSON, f"text/html, {JSON};q=0.1", "text/html, */*;q=0.1"]
)
def test_an_accept_that_json_satisfies_is_no_obstacle(app: TestApp, accept: str) -> None:
    for path in ("/", "/v1/uptime/", "/v2/iostat/"):
        assert ask(app, "GET", path, headers={"Accept": accept}).status_int in {200, 201}


def test_each_problem_has_an_instance_of_its_own(app: TestApp) -> None:
    told = [ask(app, "GET", "/none").json["instance"] for _ in range(3)]
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    "unreadable", ["%ff", "%c0%ae", "%ed%a0%80", "%00", "%0a", "%0d%0aA:b", "%1b", "%7f"]
)
def test_a_path_or_query_with_broken_utf_8_or_control_characters_is_a_400(
    app: TestApp, unreadable: str
) -> None:
    for path in ("/", "/v1/", "/v1/uptime/", "/v2/task/", "/v3/"):
        problem(ask(app, "GET", path + unreadable), 400)
    for query in (f"?{unreadable}", f"?count={unreadable}", f"?count=4{unreadable}"):
        for path in ("/v1", "/v1/iostat/", "/v2/iostat/", "/v2/task/none", "/none"):
            problem(ask(app, "GET", path + query), 400)


@pytest.fixture(params=["never there", "killed", "hung"])
def app_without_redis(
    request: pytest.FixtureRequest, folder: Path, serve: Serve
) -> Iterator[TestApp]:
    """The application whose Redis is away in one way or another."""
    app = serve(redis_url="")
    if request.param == "never there":
        yield app
        return
    with started_redis(folder) as server:
        app.post("/v2/iostat/", status=201)
        server.send_signal(signal.SIGKILL if request.param == "killed" else signal.SIGSTOP)
        yield app


def test_without_redis_what_needs_it_is_a_503_at_once_and_all_else_goes_on(
    app_without_redis: TestApp, add_user: Callable[..., Any]
) -> None:
    app = app_without_redis
    needs = [("GET", "/v2/iostat/"), ("POST", "/v2/iostat/"), ("DELETE", "/v2/task/x")]
    for method, path in [*needs, ("GET", "/v2/task/x")]:
        asked = time.monotonic()
        problem(ask(app, method, path), 503)
        assert time.monotonic() - asked < AT_ONCE
    for path in ("/", "/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v2/uptime/", "/v3/"):
        app.get(path, status=200)
    problem(ask(app, "GET", "/v2/iostat/?count=0"), 400, ("query", "count"))
    app.authorization = add_user("root", "secret", admin=True)
    assert app.get("/v3/users/").json == {"users": ["root"]}
    problem(ask(app, "GET", "/v3/iostat/"), 503)


def test_without_the_database_users_are_a_503_at_once_and_all_else_goes_on(
    make_settings: MakeSettings, programs: MakePrograms, redis_url: str, folder: Path
) -> None:
    path = programs(uptime="echo up", iostat="echo Device")
    database = f"sqlite:///{folder}/none/users.sqlite"
    config = make_settings(database_url=database, redis_url=redis_url, command_path=path)
    app = TestApp(make_app(config, registry.load(config)))
    for path in ("/", "/v1/uptime/", "/v1/iostat/", "/v2/uptime/", "/v3/"):
        app.get(path, status=200)
    app.get(app.post("/v2/iostat/", status=201).location, status=200)
    app.authorization = ("Basic", ("root", "secret"))
    for path in ("/v3/users/", "/v3/uptime/"):
        asked = time.monotonic()
        problem(ask(app, "GET", path), 503)
        assert time.monotonic() - asked < AT_ONCE


def test_a_missing_program_is_a_501_that_names_its_package_and_starts_nothing(
    serve: Serve, redis_url: str, folder: Path
) -> None:
    nothing = folder / "nothing"
    nothing.mkdir()
    app = serve(command_path=nothing)
    for path in ("/v1/uptime/", "/v2/uptime/"):
        assert "procps" in problem(ask(app, "GET", path), 501)
    for method, path in (("GET", "/v1/iostat/"), ("GET", "/v2/iostat/"), ("POST", "/v2/iostat/")):
        assert "sysstat" in problem(ask(app, method, path), 501)
    assert is_empty(redis_url)
    assert app.get("/v1/").json["links"]


@pytest.mark.parametrize("where", ["here", "there"])
def test_for_a_task_it_counts_what_the_host_of_the_worker_has(
    where: str, serve: Serve, make_settings: MakeSettings, redis_url: str, folder: Path
) -> None:
    nothing = folder / "nothing"
    nothing.mkdir()
    app = serve(**({"command_path": nothing} if where == "there" else {}))
    place = nothing if where == "here" else folder / "programs"
    with working(make_settings(redis_url=redis_url, command_path=place)):
        with redis.Redis.from_url(redis_url) as client:
            until(lambda: missing_programs(client))
        assert ask(app, "GET", "/v1/iostat/").status_int == (200 if where == "here" else 501)
        answer = ask(app, "POST", "/v2/iostat/")
        if where == "here":
            assert "sysstat" in problem(answer, 501)
        else:
            assert answer.status_int == 201


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo the disk is on fire >&2; exit 3", "the disk is on fire"),
        ("echo half of it; printf 'on \\377 fire' >&2; exit 1", "fire"),
        ("exit 71", "71"),
        ("kill -KILL $$", "9"),
        ("exec yes", "1000"),  # the limit that it prints more than
    ],
)
def test_a_metric_that_fails_is_a_502_that_tells_the_cause(
    serve: Serve, script: str, cause: str
) -> None:
    app = serve(uptime=script, iostat=script, output_limit=1000)
    for path in ("/v1/uptime/", "/v2/uptime/", "/v1/iostat/"):
        assert cause in problem(ask(app, "GET", path), 502)


def test_a_program_may_print_as_much_as_the_limit(serve: Serve) -> None:
    app = serve(iostat="yes | head -c 1000", uptime="yes | head -c 1001", output_limit=1000)
    assert app.get("/v1/iostat/").json == {"iostat": "y\n" * 500}
    problem(ask(app, "GET", "/v1/uptime/"), 502)


def test_a_fault_inside_a_plugin_is_a_502_too(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    def fails(_params: Any, _run: Run) -> Any:
        raise LookupError("no such sensor")

    def forgets(_params: Any, _run: Run) -> Any:
        return None

    source = Source("theirs", "theirs", "1.0")
    metrics = [Metric(name=f.__name__, title="One", function=f) for f in (fails, forgets)]
    app = make_testapp(make_settings(), Registry((metric, source) for metric in metrics))
    assert "no such sensor" in problem(ask(app, "GET", "/v1/fails/"), 502)
    problem(ask(app, "GET", "/v2/forgets/"), 502)


def test_a_metric_that_takes_longer_than_its_limit_is_a_504(serve: Serve) -> None:
    app = serve(uptime="exec sleep 60", iostat="echo Device; exec sleep 60", overrun=0.1)
    for path in ("/v1/uptime/", "/v2/uptime/", "/v1/iostat/"):
        asked = time.monotonic()
        assert problem(ask(app, "GET", path), 504)
        assert time.monotonic() - asked < AT_ONCE


def mounted(app: TestApp, prefix: str) -> TestApp:
    def below(environ: dict[str, Any], start_response: Any) -> Any:
        return app.app(environ | {"SCRIPT_NAME": prefix}, start_response)

    return TestApp(below)


def proxied(app: TestApp, prefix: str, address: str = PROXY) -> TestApp:
    environ = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_PREFIX": prefix}
    return TestApp(app.app, extra_environ=environ)


def hold_to_prefix(app: TestApp, prefix: str) -> None:
    """Assert that every kind of link stands below the prefix, or at the root without one."""
    hrefs = [link["href"] for link in app.get("/").json["links"]]
    assert hrefs == [f"{prefix}/{version}/" for version in ("v1", "v2", "v3")]
    for version, more in (("v1", []), ("v2", []), ("v3", ["users"])):
        hrefs = [link["href"] for link in app.get(f"/{version}/").json["links"]]
        assert hrefs == [f"{prefix}/{version}/{name}/" for name in (*METRICS, *more)]
    assert app.get("/v1/iostat?count=2").headers["Location"] == f"{prefix}/v1/iostat/?count=2"
    assert f" {prefix}/v2/iostat/ " in problem(ask(app, "GET", "/v1/iostat/?count=99"), 400)
    made = app.post("/v2/iostat/", status=201)
    here = f"{prefix}/v2/task/{made.json['task_id']}"
    assert [made.headers["Location"], *(link["href"] for link in made.json["links"])] == [here] * 2
    task = app.get(f"/v2/task/{made.json['task_id']}").json
    assert [link["href"] for link in task["links"]] == [here] * 2


@pytest.mark.parametrize("prefix", ["", "/sysmon", "/on/this-host", "/%C4%80%20%25"])
def test_links_stand_below_the_path_at_which_the_service_is_mounted(
    app: TestApp, prefix: str
) -> None:
    hold_to_prefix(mounted(app, unquote_to_bytes(prefix).decode("latin-1")), prefix)


@pytest.mark.parametrize("address", [PROXY, OTHER_PROXY])
def test_links_stand_below_the_prefix_of_a_trusted_proxy(app: TestApp, address: str) -> None:
    hold_to_prefix(proxied(app, "/sysmon", address), "/sysmon")
    hold_to_prefix(proxied(app, "/on/this-host/", address), "/on/this-host")


@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1", "", "192.0.2.10"])
def test_a_prefix_from_anybody_else_is_not_believed(app: TestApp, address: str) -> None:
    hold_to_prefix(proxied(app, "/sysmon", address), "")


@pytest.mark.parametrize("prefix", ["", "//evil.example", "https://evil.example", "/\r\nA: b"])
def test_a_prefix_that_is_no_path_is_not_believed_of_a_trusted_proxy(
    app: TestApp, prefix: str
) -> None:
    hold_to_prefix(proxied(app, prefix), "")


def test_links_take_nothing_from_the_host_header(app: TestApp) -> None:
    hold_to_prefix(TestApp(app.app, extra_environ={"HTTP_HOST": "10.9.8.7"}), "")


def test_an_address_in_brackets_that_needs_none_is_misdirected_too(app: TestApp) -> None:
    problem(app.get("/v1/uptime", headers={"Host": "[127.0.0.1]"}, status=421), 421)
    assert app.get("/v1/uptime", headers={"Host": "[::1]:6543"}).location == "/v1/uptime/"


@pytest.mark.parametrize("path", ["/", "/v1/uptime/", "/v3/users/", "/nothing"])
def test_a_name_that_is_not_this_service_s_is_misdirected(app: TestApp, path: str) -> None:
    problem(app.get(path, headers={"Host": "evil.example"}, status=421), 421)
