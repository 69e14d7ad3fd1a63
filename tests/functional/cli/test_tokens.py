"""The commands of tokens."""

from __future__ import annotations

import re

import pytest

from tests.functional.cli.conftest import SECRET, Run


@pytest.fixture
def ann(upgraded: Run) -> Run:
    upgraded("user", "add", "ann", "--password-file", "-", stdin=SECRET)
    return upgraded


def test_a_token_is_shown_once_listed_and_revoked(ann: Run) -> None:
    words = ("--name", "cron job", "--metric", "uptime", "--metric", "disk")
    made = ann("token", "create", "ann", *words, "--expires-in", "never").stdout
    assert re.fullmatch(r"sysmon_\w{46}\n", made)
    ann("token", "create", "ann", "--name", "x\u0301", "--scope", "run")
    listed = ann("token", "list").stdout.splitlines()
    assert ann("token", "list", "ann").stdout.splitlines() == listed
    assert re.fullmatch(r" +2 ann +sysmon_.{4}… .* run, expires 20\d\d-.*, used never", listed[0])
    assert listed[1].endswith("cron job             read of uptime disk, expires never, used never")
    assert made.strip() not in "".join(listed)
    assert ann("token", "revoke", "1").stdout == "Revoked the token 1.\n"
    assert ann("token", "list").stdout.splitlines() == listed[:1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "bob", "--name", "x"), 1),
        (("revoke", "7"), 1),
        (("create", "ann"), 2),
        (("create", "ann", "--name", "a\x1bb"), 2),
        (("create", "ann", "--name", "x", "--scope", "big"), 2),
        (("create", "ann", "--name", "x", "--metric", "A"), 2),
        (("create", "ann", "--name", "x", "--expires-in", "soon"), 2),
        (("create", "ann", "--name", "x", "--expires-in", "0"), 2),
        (("revoke", "x"), 2),
    ],
)
def test_it_is_refused(ann: Run, words: tuple[str, ...], code: int) -> None:
    ann("token", *words, code=code)
    assert ann("token", "list").stdout == ""


def test_a_refusal_names_the_option(ann: Run) -> None:
    words = ("--name", "x", "--metric", "ok", "--metric", "A", "--expires-in", "soon")
    refused = ann("token", "create", "ann", *words, code=2).stderr
    assert "--metric: must be a metric's name, or *; --expires-in: must be seconds" in refused
