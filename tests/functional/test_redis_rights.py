"""A Redis whose user has few rights: those that docs/operations.md lists suffice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from webtest import TestApp

from sysmon_core.redis_store import keys, rights
from sysmon_core.redis_store.checks import NO_POLICY
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.rights import missing_rights
from sysmon_core.tasks.limits import NO_WORKERS_SECONDS
from tests.conftest import (
    ROOT,
    LogLines,
    MakeApp,
    MakePrograms,
    MakeSettings,
    started_redis,
    until,
    working,
)

CHANNELS = "&sysmon:cancelled &sysmon:ended-tasks"
PAGE = (ROOT / "docs/operations.md").read_text()
(LINE,) = re.findall(r"^    (ACL SETUSER sysmon .+)$", PAGE, re.MULTILINE)
GRANTED = {word.removeprefix("+") for word in LINE.split() if word.startswith("+")}
# Sent too, but not by name: the first is optional, the others look for what is missing.
UNLISTED = {"info", "pubsub|numsub", "select", "multi", "discard"}
WITHOUT_INFO = "-info -pubsub|numsub"
NOT_DANGEROUS = "+@all -@admin -@dangerous"
OURS = [ROOT / "sysmon_core/redis_store", ROOT / "sysmon_core/tasks/lua"]

Admin = Any


@pytest.fixture
def admin(folder: Path) -> Iterator[Admin]:
    """A client that may do all, of a Redis with the documented user."""
    with started_redis(folder), redis.Redis(unix_socket_path=f"{folder}/redis.sock") as client:
        client.execute_command(*LINE.split())
        yield client


@pytest.fixture
def user_url(admin: Admin, folder: Path) -> str:
    return f"unix://sysmon:secret@{folder}/redis.sock"


@pytest.fixture
def change(admin: Admin) -> Callable[[str], None]:
    """Change the rights of the user."""
    return lambda words: admin.execute_command("ACL", "SETUSER", "sysmon", *words.split())


@pytest.fixture
def app(
    make_testapp: MakeApp, make_settings: MakeSettings, programs: MakePrograms, user_url: str
) -> TestApp:
    """The application, whose iostat runs for ever if it is to report often."""
    path = programs(iostat='case "$*" in *9) exec sleep 600;; esac; echo Device')
    return make_testapp(make_settings(redis_url=user_url, command_path=path))


@pytest.fixture
def work(make_settings: MakeSettings, programs: MakePrograms, user_url: str) -> Any:
    """Make a worker of the same user."""
    path = f"{programs()}"
    return lambda: working(make_settings(redis_url=user_url, command_path=path))


def submit(app: TestApp, count: int) -> str:
    path: str = app.post(f"/v2/iostat/?count={count}", status=201).location
    return path


def until_state(app: TestApp, path: str, state: str) -> None:
    until(lambda: app.get(path).json["state"] == state)


def lose_worker(admin: Admin, path: str, seconds: float = 2 * NO_WORKERS_SECONDS) -> None:
    """Have the task be one whose worker was killed so long ago."""
    task_id = path.rpartition("/")[2]
    admin.hset(keys.TASK + task_id, mapping={"state": "STARTED", "token": "lost", "starts": 1})
    admin.zadd(keys.LEASES, {task_id: time.time() - seconds})


@pytest.fixture
def live_through(app: TestApp, admin: Admin, work: Any, add_user: Any) -> Callable[[], None]:
    """Have all happen that can happen to a task, and a log-in."""

    def live() -> None:
        forgotten = submit(app, 9)
        lose_worker(admin, forgotten)
        until_state(app, forgotten, "FAILURE")  # without any worker
        with work():
            until(lambda: app.get("/readyz", status="*").status_int == 200)
            until_state(app, submit(app, 1), "SUCCESS")
            cancelled = submit(app, 9)
            until_state(app, cancelled, "STARTED")
            app.delete(cancelled, status=204)
            assert app.get(cancelled).json["state"] == "REVOKED"
            app.delete(cancelled, status=204)
            lost = submit(app, 9)
            until_state(app, lost, "STARTED")
            lose_worker(admin, lost)
            until(lambda: admin.hget(keys.TASK + lost.rpartition("/")[2], "state") == b"FAILURE")
        app.get("/metrics", status=200)
        app.authorization = add_user("root", "secret", admin=True)
        app.get("/v3/users/", status=200)
        assert admin.keys(f"{keys.LOGIN_COUNTERS}:*")

    return live


@pytest.mark.parametrize("words", ["", WITHOUT_INFO, NOT_DANGEROUS])
def test_a_task_lives_through_all_states_with_the_documented_rights(
    words: str,
    change: Callable[[str], None],
    live_through: Callable[[], None],
    admin: Admin,
    log_lines: LogLines,
) -> None:
    change(words)
    live_through()
    denied = {entry["object"] for entry in admin.acl_log()} - {"client|setinfo"}
    assert denied <= ({"info", "pubsub|numsub", "pubsub"} if words else set())
    said = [line["message"] for line in log_lines() if line["level"] in {"warning", "error"}]
    said = [text for text in said if not text.startswith("NotReady")]
    assert said == ([NO_POLICY] if words else [])


def test_the_documented_rights_are_those_that_are_needed() -> None:
    listed = {line.split()[0].lower() for line in rights.COMMANDS.strip().splitlines()}
    assert {name.partition("|")[0] for name in GRANTED - UNLISTED} == listed
    assert GRANTED >= UNLISTED


def test_each_command_of_our_scripts_is_listed() -> None:
    texts = [path.read_text() for place in OURS for path in place.glob("*.lua")]
    sent = {
        name.lower() for text in texts for name in re.findall(r"redis\.p?call\(\s*'(\w+)'", text)
    }
    assert len(sent) > 30
    assert sent <= {name.partition("|")[0] for name in GRANTED}


def test_each_right_that_is_missing_is_found(change: Callable[[str], None], user_url: str) -> None:
    with api_client(user_url) as client:
        assert missing_rights(client) == []
        for name in sorted(GRANTED - UNLISTED):
            change(f"-{name}")
            assert missing_rights(client) == [f"+{name}"]
            change(f"+{name}")
        change("resetkeys ~sysmon:task:* ~sysmon:ready")
        missing = missing_rights(client)
        assert {"~sysmon:open", "~sysmon:open:*", "~sysmon:queue:*"} <= set(missing)
        assert not {"~sysmon:task:*", "~sysmon:ready"} & set(missing)
        change(" ".join(missing))
        change("resetchannels")
        assert missing_rights(client) == CHANNELS.split()
        change("-multi")
        assert missing_rights(client) == []  # it cannot be known


def test_a_look_for_missing_rights_changes_nothing(admin: Admin, user_url: str) -> None:
    with api_client(user_url) as client:
        missing_rights(client)
        assert admin.keys() == []
        assert client.get(keys.READY) is None  # the connection is as it was


@pytest.mark.parametrize("words", ["-hset -zrangebyscore", "-set", "resetchannels"])
def test_a_missing_right_is_named_by_readyz_and_at_the_start_of_a_worker(
    words: str, change: Callable[[str], None], app: TestApp, work: Any, log_lines: LogLines
) -> None:
    change(words)
    missing = words.replace("-", "+").replace("resetchannels", CHANNELS)
    sentence = f"The user of Redis lacks rights (ACL SETUSER): {missing}"
    detail = app.get("/readyz", status=503).json["detail"]
    assert sentence in detail.split("; ")
    assert "secret" not in detail
    with work():
        until(lambda: sentence in [line["message"] for line in log_lines()])
