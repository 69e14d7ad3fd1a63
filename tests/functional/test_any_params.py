"""Whatever is sent as params: what the contract refuses is refused, and all else is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from tests.conftest import MakeApp, MakePrograms, MakeSettings, examples
from tests.functional import oracle
from tests.functional.answers import FORM, JSON, ask, problem
from tests.functional.iostat_params import printed
from tests.functional.oracle import Body

BODY_LIMIT = 1 << 16  # bytes, as the settings have it


@pytest.fixture
def database_url() -> str:
    """None of this asks for users: it need not be asked on each database."""
    return ""


@pytest.fixture
def app(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> TestApp:
    """Programs that answer at once, and room for as many tasks as are made here."""
    path = programs(uptime="echo up", iostat='echo "$*"', vmstat='echo "$*"')
    room = dict.fromkeys(("tasks_open", "tasks_per_client"), 10**6)
    return make_testapp(make_settings(redis_url=redis_url, command_path=path, **room))


NASTY = [
    "",
    "0",
    "00",
    "-0",
    "-1",
    "+1",
    "007",
    " 4",
    "4 ",
    "4,0",
    "1.",
    "1.0",
    "1.5",
    "1e3",
    "0x10",
]
NASTY += ["1_000", "0b1", "--1", "NaN", "inf", "None", "true", "4;id", "4\n", "4\0", "\x7f4"]
NASTY += [
    "٣",
    "४",
    "\uff14",
    "²",
    "½",
    "Ⅷ",
    "1٣",
    "4\u00a0",
    "\u200b4",
    "\ufeff4",
    "4\u0301",
    "\ud800",
]
NASTY += ["9" * 18, "9" * 400, "0" * 4000 + "4", "9" * 4300, "9" * 4301]
NAMES = ["COUNT", "Count", "cuont", "count ", " wait", "count[]", "wait\0", "", "x", "\uff43ount"]

small = st.integers(1, 40)
numbers = st.one_of(
    small.map(str),
    st.integers(-2, 90000).map(str),
    st.sampled_from(NASTY),
    st.from_regex(r"[+\-]?\d{1,3}[ \n.e_]?\d?", fullmatch=True),
    st.text(max_size=5),
)
names = st.sampled_from(["count", "wait"])
sound = st.dictionaries(names, small.map(str)).map(lambda fields: list(fields.items()))
fields = sound | st.lists(st.tuples(names | st.sampled_from(NAMES), numbers), max_size=4)


def escaped(text: str, style: str) -> str:
    """The text as part of a query string: only what must be is escaped, or everything."""
    raw = text.encode("utf-8", "surrogatepass")
    if style == "all":
        return "".join(f"%{byte:02x}" for byte in raw)
    return quote(raw, safe="").replace("%20", style)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query string, or a form."""
    style = draw(st.sampled_from(["+", "%20", "all"]))
    pieces = [f"{escaped(name, style)}={escaped(value, style)}" for name, value in draw(fields)]
    odd = ["", "", "&", "count", "=", "%", "%zz", "count=%u0034", "%ff", "count=%c0%b4", "wait=%f"]
    odd += ["count=2;wait=1", "%ed%a0%80", "count=2=2", "&" * 99, "&" * 101, "x=1&" * 100, "a=%00"]
    extra = draw(st.none() | st.sampled_from(odd))
    if extra is not None:
        pieces.insert(draw(st.integers(0, len(pieces))), extra)
    return "&".join(pieces)


# JSON texts, each with what it means; the object is what is no number.
values = st.one_of(
    small.map(lambda number: (str(number), number)),
    st.integers().map(lambda number: (str(number), number)),
    numbers.map(lambda text: (json.dumps(text), text)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: (repr(number), number)),
    st.sampled_from(
        [("-0", 0), ("9" * 4300, 10**4300 - 1)]
        + [(word, object()) for word in ("1.0", "2e0", "1E400", "true", "null", "[2]", '{"a":2}')]
    ),
)
json_fields = sound.map(lambda pairs: [(name, (value, int(value))) for name, value in pairs])
json_fields |= st.lists(st.tuples(names | st.sampled_from(NAMES), values), max_size=4)

SPOILT: dict[str, Callable[[str], str]] = {
    "a byte order mark": lambda text: "\ufeff" + text,
    "a list": lambda text: f"[{text}]",
    "a text": json.dumps,
    "a number": lambda _: "2",
    "nothing": lambda _: "null",
    "space": lambda _: " \n",
    "more": lambda text: text + "x",
    "less": lambda text: text[:-1],
    "two": lambda text: text + text,
    "a comma": lambda text: text[:-1] + ",}",
    "other quotes": lambda _: "{'count': 2}",
    "NaN": lambda _: '{"count": NaN}',
    "infinity": lambda _: '{"wait": -Infinity}',
    "too many digits": lambda _: '{"count": ' + "9" * 4301 + "}",
    "a zero before": lambda _: '{"count": 02}',
    "a control character": lambda _: '{"a": "\n"}',
    "deep": lambda _: "[" * 20000,
    "deep objects": lambda _: '{"count":' * 5000,
    "a comment": lambda text: text + " // all",
    "a form": lambda _: "count=2",
}
CODED = ("utf-16", "utf-32", "utf-16-le")

JSON_KINDS = [JSON, "Application/JSON", f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"']
JSON_KINDS += [f"{JSON}; charset=Utf-8; x=y", f"{JSON}; x=y"]
FORM_KINDS = [FORM, FORM.upper(), f"{FORM}; charset=UTF-8"]
OTHER_KINDS = [None, "", " ", ";", "json", "text/json", "text/plain", "application/xml", "*/*"]
OTHER_KINDS += ["application/vnd.api+json", "multipart/form-data; boundary=x", f"{JSON}, {FORM}"]
OTHER_KINDS += [f"{JSON}; charset=latin-1", f"{FORM}; charset=utf-16", "application/json5", "\xff"]


@st.composite
def json_bodies(draw: st.DrawFn) -> Body:
    """A JSON object, most often."""
    pairs = draw(json_fields)
    text = ", ".join(f"{json.dumps(name)}: {value}" for name, (value, _) in pairs).join("{}")
    kind = draw(st.sampled_from(JSON_KINDS))
    spoilt = draw(st.sampled_from([None] * 20 + [*SPOILT]))
    if spoilt:
        return Body(SPOILT[spoilt](text).encode(), kind, refused=frozenset({400}))
    if draw(st.integers(0, 20)) == 0:
        coded = text.encode(draw(st.sampled_from(CODED)))
        return Body(coded, kind, refused=frozenset({400}))
    return Body(text.encode(), kind, [(name, meaning) for name, (_, meaning) in pairs])


@st.composite
def form_bodies(draw: st.DrawFn) -> Body:
    """A form; one that cannot be read is refused whatever else is wrong."""
    raw = draw(queries())
    found = oracle.form(raw)
    refused = frozenset() if found is not None else frozenset({400})
    return Body(raw.encode(), draw(st.sampled_from(FORM_KINDS)), found or (), refused)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Any body, of any kind, or none."""
    body = draw(st.just(Body()) | json_bodies() | form_bodies())
    twist = draw(st.integers(0, 15))
    if twist == 0:
        kind = draw(st.sampled_from(OTHER_KINDS))
        body = Body(body.content, kind, refused=frozenset({415} if body.content else ()))
    elif twist == 1 and body.kind in JSON_KINDS and body.content.endswith(b"}"):
        size = BODY_LIMIT + draw(st.integers(0, 1))
        refused = frozenset({413}) if size > BODY_LIMIT else body.refused
        body = Body(body.content.ljust(size), body.kind, body.fields, refused)
    return body


@settings(max_examples=examples(500))
@given(
    metric=st.sampled_from(["iostat", "iostat", "vmstat", "uptime"]),
    line=st.sampled_from(
        ["GET v1", "GET v2", "POST v2", "POST v2", "POST v1", "HEAD v1", "HEAD v2"]
    ),
    query=st.just("") | queries(),
    body=bodies(),
)
def test_params_are_refused_and_accepted_as_the_contract_says(
    app: TestApp, metric: str, line: str, query: str, body: Body
) -> None:
    method, version = line.split()
    headers = {} if body.kind is None else {"Content-Type": body.kind}
    path = f"/{version}/{metric}/?{query}"
    answer = ask(app, method, path, body=body.content, headers=headers)
    due = oracle.expected(metric, version, method, query, body)
    event(f"{answer.status_int}")
    assert answer.status_int in due, answer.text
    if method == "HEAD":
        assert not answer.body
    elif answer.status_int >= 400:
        problem(answer, answer.status_int)
        told = {fault["name"] for fault in answer.json.get("errors", ())}
        fields = oracle.form(query)
        assert told <= {name for name, _ in [*(fields or ()), *body.fields]}
        assert told or due != {400} or body.refused or fields is None or not oracle.readable(query)
    elif answer.status_int == 201:
        assert answer.json["links"] == [{"rel": "task", "href": answer.headers["Location"]}]
    else:
        assert answer.json == {metric: shown(metric, query)}


def shown(metric: str, query: str) -> str:
    """What the programs print that are run here."""
    given: dict[str, Any] = dict(oracle.form(query) or ())
    count, wait = int(given.get("count", 1)), int(given.get("wait", 1))
    return {"uptime": "up", "iostat": printed(count, wait), "vmstat": f"-w {wait} {count}\n"}[
        metric
    ]
