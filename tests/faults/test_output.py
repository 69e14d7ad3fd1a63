"""What a running task has given so far survives what kills its worker or Redis, and comes once."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.conftest import until
from tests.faults.proxy import Mode, Proxy
from tests.faults.site import Site
from tests.faults.test_killed_workers import strike
from tests.support.client import HOST, TIMEOUT_SECONDS, Client, asked, basic

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

ENDLESS = 36000  # samples: an hour
ONE_KEY = 50  # requests with it
UNFINISHED = {"QUEUED", "STARTED", "RETRY"}


def user(site: Site) -> Client:
    """The client of a user, whose tasks version 4 shows."""
    return replace(site.client, user=site.add_user("ann"))


def submitted(client: Client, count: int) -> str:
    """The path of a new task of so many samples."""
    made = client("POST", "/v4/tasks/", fields={"metric": "ticks", "params": {"count": count}})
    assert made.status == 201, made
    return str(made.headers["Location"])


def numbers(client: Client, task: str) -> list[int]:
    """The numbers in the samples that have come, each of which has one row."""
    answer = client.get(f"{task}/report")
    if answer.status == 503:  # Redis is away
        return []
    assert answer.status == 200, answer
    samples: list[dict[str, Any]] = answer.json["samples"]
    assert [one["index"] for one in samples] == [one["rows"][0]["number"] for one in samples]
    return [row["number"] for one in samples for row in one["rows"]]


def check_what_came(client: Client, task: str, state: str, at_least: int) -> None:
    """All that came is there, in order and once, and no more will come."""
    until(lambda: client.task(task)["state"] == state)
    found = numbers(client, task)
    assert found == list(range(len(found)))
    assert len(found) >= at_least
    report = client.get(f"{task}/report").json
    assert report["complete"] is True
    assert len(report["text"].splitlines()) == len(found) + 1


def test_what_came_before_the_worker_was_killed_stays(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    client = user(site)
    task = submitted(client, ENDLESS)
    until(lambda: len(numbers(client, task)) >= 5)
    seen = len(numbers(client, task))
    strike(site, worker, "main and child")
    site.worker()
    check_what_came(client, task, "FAILURE", seen)
    assert client.task(task)["error"]["code"] == "worker-lost"


def test_what_came_before_a_cancel_stays_to_the_last(site: Site) -> None:
    site.redis()
    site.server()
    site.worker()
    client = user(site)
    task = submitted(client, ENDLESS)
    until(lambda: len(numbers(client, task)) >= 5)
    seen = len(numbers(client, task))
    assert client.delete(task).status == 204
    check_what_came(client, task, "REVOKED", seen)


def test_a_restart_of_redis_neither_loses_nor_doubles_a_sample(site: Site) -> None:
    redis = site.redis("--appendonly", "yes", "--appendfsync", "always")
    site.server()
    site.worker()
    client = user(site)
    task = submitted(client, 100)
    until(lambda: len(numbers(client, task)) >= 5)
    redis.kill()
    site.redis("--appendonly", "yes", "--appendfsync", "always")
    check_what_came(client, task, "SUCCESS", 100)


def lose_an_answer(proxy: Proxy) -> None:
    """Have the answer to some command of the worker lost, which then sends it again."""
    lost = proxy.lost_answers
    proxy.become(Mode.MUTE)
    until(lambda: proxy.lost_answers > lost)
    proxy.become(Mode.PASS)


def goes_on(client: Client, task: str, count: int) -> bool:
    """Whether more samples than so many have come, or the task has ended."""
    ended = client.task(task)["state"] not in UNFINISHED
    return ended or len(numbers(client, task)) > count


def test_a_command_whose_answer_was_lost_stores_nothing_twice(site: Site, proxy: Proxy) -> None:
    site.redis()
    site.server()
    site.worker(redis_url=proxy.url)
    client = user(site)
    task = submitted(client, 60)
    for _ in range(5):
        lose_an_answer(proxy)
        until(partial(goes_on, client, task, len(numbers(client, task))))
    check_what_came(client, task, "SUCCESS", 60)


def test_a_full_redis_takes_later_what_came_meanwhile(site: Site) -> None:
    site.redis()
    site.server()
    worker = site.worker()
    client = user(site)
    task = submitted(client, 40)
    until(lambda: len(numbers(client, task)) >= 3)
    site.store.config_set("maxmemory", 1)
    until(lambda: "cannot be stored yet" in worker.printed())
    site.store.config_set("maxmemory", 0)
    check_what_came(client, task, "SUCCESS", 40)


def test_one_key_from_many_connections_is_one_task(site: Site) -> None:
    site.redis()
    site.server()
    client = user(site)
    body = json.dumps({"metric": "ticks", "params": {"count": 1}}).encode()
    headers = {
        "Authorization": basic(client.user),
        "Content-Type": "application/json",
        "Idempotency-Key": "the-same",
    }
    client.get("/v4/tasks/")  # the password is checked once

    def submit(_number: int) -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, site.port, timeout=TIMEOUT_SECONDS)
        answer = asked(connection, "POST", "/v4/tasks/", body, headers)
        return answer.status, str(answer.headers["Location"])

    with ThreadPoolExecutor(ONE_KEY) as pool:
        answers = set(pool.map(submit, range(ONE_KEY)))
    ((status, place),) = answers
    assert status == 201
    (task,) = client.get("/v4/tasks/").json["items"]
    assert place == f"/v4/tasks/{task['id']}"
