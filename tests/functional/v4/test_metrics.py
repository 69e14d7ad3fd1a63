"""The metrics of version 4 as they are declared, and who sees which."""

from __future__ import annotations

import platform
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Host
from sysmon_core.database import Database
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.services.params import parse
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from tests.conftest import MakeApp, MakeSettings
from tests.functional.v4.conftest import Dives, Serve, dive, pond

HERE = platform.node()


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer.json["items"]]


def test_the_index_links_to_what_there_is_and_is_open_to_all(app: TestApp) -> None:
    app.authorization = None
    links = app.get("/v4/").json["links"]
    assert {"rel": "metrics", "href": "/v4/metrics/"} in links
    assert all(link["href"] == f"/v4/{link['rel']}" for link in links if link["rel"] == "me")
    assert app.get("/v4", status=301).location.endswith("/v4/")


def test_a_metric_is_shown_as_it_is_declared(app: TestApp) -> None:
    assert app.get("/v4/metrics/pond").json == {
        "name": "pond",
        "title": "Pond",
        "description": "How deep the pond is.",
        "long": False,
        "lifetime": 3600,
        "params": {"type": "object", "properties": {}, "additionalProperties": False},
        "columns": [
            {"name": "depth", "description": "how deep it is", "unit": "m", "kind": "gauge"},
            {"name": "fish", "description": "whose it is", "unit": None, "kind": "key"},
            {
                "name": "dives",
                "description": "dives since midnight",
                "unit": "1",
                "kind": "counter",
            },
            {"name": "note", "description": "what was seen", "unit": None, "kind": "text"},
        ],
        "hosts": [HERE],
        "unavailable": None,
        "links": [
            {"rel": "self", "href": "/v4/metrics/pond"},
            {"rel": "report", "href": "/v4/metrics/pond/report"},
        ],
    }


def test_its_params_are_a_json_schema_in_the_words_of_the_standard(app: TestApp) -> None:
    told = app.get("/v4/metrics/dive").json
    assert (told["long"], told["lifetime"]) == (True, 0)
    assert told["params"] == {
        "type": "object",
        "description": Dives.__doc__,
        "properties": {
            "dives": {
                "type": "integer",
                "minimum": 1,
                "maximum": 20,
                "default": 1,
                "description": "How often",
            },
            "lake": {"type": "string", "default": "", "description": "Where"},
        },
        "additionalProperties": False,
    }


def test_a_metric_that_this_host_cannot_have_has_no_host_and_says_why(serve: Serve) -> None:
    def available(_host: Host) -> str:
        return "There is no water"

    told = serve(pond(available=available)).get("/v4/metrics/pond").json
    assert (told["hosts"], told["unavailable"]) == ([], "There is no water")


def test_the_list_has_all_in_their_order_each_as_it_is_alone(app: TestApp) -> None:
    whole = app.get("/v4/metrics/").json
    alone = [app.get(f"/v4/metrics/{name}").json for name in ("dive", "pond")]
    assert whole == {"items": alone, "next": None}


def test_a_list_goes_on_where_its_page_ended(serve: Serve) -> None:
    app = serve(*(pond(name=name) for name in "abcde"))
    found, path = [], "/v4/metrics/?limit=2"
    while path:
        answer = app.get(path)
        found.append(names(answer))
        path = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
    assert found == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize("cursor", ["none", "", "%00x"])
def test_a_cursor_of_another_list_is_refused(app: TestApp, cursor: str) -> None:
    answer = app.get(f"/v4/metrics/?cursor={cursor}", status=400)
    assert answer.json["code"] in {"invalid-input", "bad-request"}


def test_a_client_that_has_it_is_told_so(app: TestApp) -> None:
    for path in ("/v4/metrics/", "/v4/metrics/pond"):
        etag = app.get(path).headers["ETag"]
        again = app.get(path, headers={"If-None-Match": etag}, status=304)
        assert (again.headers["ETag"], again.body) == (etag, b"")
        assert again.headers["Cache-Control"] == "private, no-cache"
        assert app.get(path, headers={"If-None-Match": '"x"'}, status=200)


@pytest.fixture
def shared(make_settings: MakeSettings, make_testapp: MakeApp, add_user: Any) -> TestApp:
    """Metrics for users and one for admins, the user ann, and a token of hers for one metric."""
    config = make_settings(versions="v4")
    listed = [pond(), dive(), pond(name="deep", access="admins")]
    source = Source("test", "the test itself", "0")
    app = make_testapp(config, Registry((one, source) for one in listed))
    app.basic = add_user("ann", "secret")
    fields = {"name": "a job", "scope": "read", "metrics": ["pond"]}
    secret = Tokens(Database(config.database)).create("ann", parse(NewToken, fields.items()))[1]
    app.bearer = ("Bearer", secret)
    return app


def test_a_user_sees_what_users_may_ask(shared: TestApp) -> None:
    shared.authorization = shared.basic
    assert names(shared.get("/v4/metrics/")) == ["dive", "pond"]
    for path in ("/v4/metrics/deep", "/v4/metrics/deep/report"):
        assert shared.get(path, status=403).json["code"] == "forbidden"


def test_a_token_shows_its_own_metrics(shared: TestApp) -> None:
    shared.authorization = shared.bearer
    assert names(shared.get("/v4/metrics/")) == ["pond"]
    assert shared.get("/v4/metrics/dive", status=403).json["code"] == "token-insufficient"
    shared.get("/v4/metrics/pond/report", status=200)
    shared.get("/v4/metrics/dive/report", status=403)


def test_nobody_sees_any(shared: TestApp) -> None:
    for path in ("/v4/metrics/", "/v4/metrics/pond", "/v4/metrics/none", "/v4/none"):
        answer = shared.get(path, status=401)
        assert answer.json["code"] == "unauthorized"
        assert [one.partition(" ")[0] for one in answer.headers.getall("WWW-Authenticate")] == [
            *("Basic", "Bearer"),
        ]
        cookie = {"Cookie": "sysmon_session=ended"}
        answer = shared.get(path, headers=cookie, status=401)
        assert answer.headers.getall("WWW-Authenticate") == ['Bearer realm="sysmon"']
