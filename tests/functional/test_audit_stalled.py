"""What is refused while nobody reads the log: whatever the audit would have to tell."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import logs
from sysmon_core.log_queue import QueuedStreamHandler
from sysmon_core.services import audit
from tests.conftest import until

ANN = {"username": "ann", "password": "secret", "fullname": "Ann"}


@pytest.fixture
def pipe() -> Iterator[tuple[int, QueuedStreamHandler]]:
    """A pipe, and the handler by which the audit goes into it: one line waits, no more."""
    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as stream:
        handler = QueuedStreamHandler(stream, 0, 1)
        handler.setFormatter(logs.Json())
        before = audit.logger.level
        audit.logger.addHandler(handler)
        audit.logger.setLevel(logging.INFO)
        yield reads, handler
        audit.logger.removeHandler(handler)
        audit.logger.setLevel(before)
        drained(reads, handler)
        handler.flush()
    os.close(reads)


def drained(reads: int, handler: QueuedStreamHandler) -> bytes:
    """Read until the audit has room again."""
    os.set_blocking(reads, False)
    text = b""
    while handler.is_full() or not text:
        try:
            text += os.read(reads, 1 << 16)
        except BlockingIOError:
            if not handler.is_full():
                break
    return text


def test_nothing_is_changed_that_could_not_be_logged_and_all_else_goes_on(
    testapp: TestApp, add_user: Callable[..., Any], pipe: tuple[int, QueuedStreamHandler]
) -> None:
    add = testapp
    testapp.authorization = add_user("root", "canary", admin=True)
    testapp.get("/v3/users/")  # from here on root is known
    while not pipe[1].is_full():
        audit.record("user.created", None, fullname="x" * 4096)
    for answer in (
        add.post_json("/v3/users/", ANN, status=503),
        add.delete("/v3/users/root", status=503),
        add.post("/v2/iostat/", status=503),
        add.get("/v3/users/", headers={"Authorization": "Basic YTpi"}, status=503),
    ):
        assert "standard error of sysmon" in answer.json["detail"]
        assert answer.headers["Retry-After"] == "1"
    assert add.get("/v3/users/").json == {"users": ["root"]}
    assert add.get("/v1/uptime/").status_int == 200
    drained(*pipe)
    until(lambda: not pipe[1].is_full())
    add.post_json("/v3/users/", ANN, status=201)
    assert b"user.created" in drained(*pipe)
