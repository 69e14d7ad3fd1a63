"""A caller's text among a program's words is no option of that program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Command, Field, Params
from sysmon_core.checks.words import words
from sysmon_core.errors import InvalidInput
from sysmon_core.metrics.caller_text import excludes_dash
from tests.support.plugins import Site

HOST = r"^[A-Za-z0-9][A-Za-z0-9.:-]*$"
SAFE = [
    HOST,
    "^/",
    "^[a-z]+$",
    r"^\d{1,3}$",
    r"^\w+(-x|y)$",
    r"^[\w.@:]+$",
    "^[0-9a-f:]{2,}[|-]$",
    "^a",
]
UNSAFE = [
    "",
    "[a-z]+",
    "^",
    "^$",
    "^.*$",
    "^-",
    "^[a-z-]+$",
    "^[-a-z]+$",
    r"^[a\-z]+$",
    "^[!-~]+$",
    "^[+--]$",
    "^[^/]+$",
    r"^\W",
    r"^\D+",
    r"^[\D]",
    "^a?-b",
    "^[a-z]*$",
    "^[a-z]{0,3}$",
    "^[a-z]{,3}$",
    "^a|-b$",
    "^(a|-b)$",
    "(?m)^a",
    r"^\x2d",
    r"^\Aa",
]


@pytest.mark.parametrize("pattern", SAFE)
def test_a_pattern_that_begins_with_no_dash_is_known(pattern: str) -> None:
    assert excludes_dash(pattern)


@pytest.mark.parametrize("pattern", UNSAFE)
def test_of_no_other_pattern_that_is_said(pattern: str) -> None:
    assert not excludes_dash(pattern)


@given(st.lists(st.sampled_from([*"^[]a-z0|()?*+{,}\\dw/."]), min_size=2, max_size=9).map("".join))
def test_what_is_said_of_a_pattern_is_true(pattern: str) -> None:
    if not excludes_dash(pattern):
        return
    try:
        found = re.compile(pattern)
    except re.error:
        return
    for text in ("-", "-a", "--", "-0", "-a0", "-/", "-.", "-z-a", "--a.0", "-\\", "-^"):
        assert not found.search(text)


FIXED = '["-c", "3"]'


def plugin(arguments: str, declared: str = 'str = Field("", description="A host")') -> str:
    return f"""
from typing import Literal
from sysmon_core import Command, Field, Params, hookimpl

class PingParams(Params):
    target: {declared}

@hookimpl
def sysmon_metrics():
    return [Command(
        name="ping", title="Ping", params=PingParams, program="ping", package="iputils-ping",
        arguments=lambda params, platform: {arguments},
    )]
"""


BOUND = f'str = Field("", pattern=r"{HOST}", description="A host")'
LOADED = {
    "a pattern": plugin('["-c", "3", params.target]', BOUND),
    "an annotated pattern": plugin(
        "[params.target]",
        f'__import__("typing").Annotated[str, Field(pattern=r"{HOST}")] '
        '= Field("", description="A host")',
    ),
    "a pattern of each": plugin(
        "[*params.target]",
        f'list[__import__("typing").Annotated[str, Field(pattern=r"{HOST}")]] '
        '= Field([], description="Hosts")',
    ),
    "two dashes before it": plugin('["-c", "3", "--", params.target]'),
    "within an option": plugin('[f"--host={params.target}", "-H" + params.target]'),
    "a choice": plugin(
        "[params.target]", 'Literal["-a", "-b"] = Field("-a", description="A host")'
    ),
    "not among the words": plugin(FIXED),
    "required, with an example": plugin(
        '["--", params.target]', 'str = Field(examples=["::1"], description="A host")'
    ),
}
REFUSED = {
    "alone": plugin('["-c", "3", params.target]'),
    "before the two dashes": plugin('[params.target, "--"]'),
    "the beginning of a word": plugin('[params.target + ".example"]'),
    "a pattern with a dash": plugin(
        "[params.target]", 'str = Field("", pattern="^[a-z-]+$", description="A host")'
    ),
    "one of several": plugin("[*params.target]", 'list[str] = Field([], description="Hosts")'),
    "split at spaces": plugin(
        "params.target.split()", 'str = Field("", pattern="^[a-z][a-z -]*$", description="Hosts")'
    ),
    "arguments that know other texts alone": plugin('{"": []}[params.target]'),
}


@pytest.mark.parametrize("name", LOADED)
def test_a_text_that_can_be_no_option_is_allowed(site: Site, name: str) -> None:
    site.add(LOADED[name], "ping", "sysmon-ping")
    assert site.load().get("ping")


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_stops_the_start(site: Site, name: str) -> None:
    site.add(REFUSED[name], "ping", "sysmon-ping")
    assert site.error() == (
        "the plugin ping of sysmon-ping 1.2 has a metric ping whose parameter target may begin "
        "with -, as an option does: give it a pattern that begins with ^ and a character other "
        "than -, such as ^[A-Za-z0-9][A-Za-z0-9.:-]*$, or have arguments put -- before it"
    )


class Where(Params):
    target: str = Field("", description="A host")
    last: bool = Field(False, description="Whether it comes last")


def sometimes(params: Where, _platform: str) -> Sequence[str]:
    return [params.target] if params.last else ["--", params.target]


def make(arguments: Any) -> Command:
    return Command(
        name="ping", title="Ping", params=Where, program="ping", package="", arguments=arguments
    )


def test_a_run_whose_words_would_be_an_option_is_refused() -> None:
    metric = make(sometimes)
    assert list(metric.words(Where(target="-f", last=False))) == ["--", "-f"]
    assert list(metric.words(Where(target="f", last=True))) == ["f"]
    with pytest.raises(InvalidInput, match="target: must not begin with -: ping would take it"):
        metric.words(Where(target="-f", last=True))


@pytest.mark.parametrize("text", ["a -f", "a,-f", "a;-f", "-f,b", "a\t--flood"])
def test_so_is_one_whose_part_would_be(text: str) -> None:
    metric = make(lambda params, _platform: re.split(r"[\s,;]", params.target))
    with pytest.raises(InvalidInput, match="target: must not begin with -"):
        metric.words(Where(target=text))
    assert list(metric.words(Where(target="a,b-f"))) == ["a", "b-f"]


@pytest.mark.parametrize(
    ("arguments", "safe"),
    [
        (lambda params, _platform: ["--", params.target], True),
        (lambda params, _platform: [params.target], False),
        (sometimes, False),
    ],
)
def test_the_check_tries_texts_like_options(arguments: Any, safe: bool) -> None:
    found = words(make(arguments))
    assert found is not None
    fault = "target=- is taken, and ping would read an option"
    assert list(found.faults[:1]) == ([] if safe else [fault])
    assert len(found.faults) == (0 if safe else 4)  # neither "--" alone nor what is not split
