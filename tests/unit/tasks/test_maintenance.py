"""The messages of a lost worker go back to their queue without a look at all keys of Redis."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from sysmon_core.redis_store.keys import NAMESPACE
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.dramatiq_insides import acks_key
from sysmon_core.tasks.queues import QUEUES
from tests.conftest import until
from tests.unit.tasks.conftest import bodies

HEARTBEATS = f"{NAMESPACE}:__heartbeats__"


@pytest.fixture
def store(client: redis.Redis) -> Any:
    """The same Redis, with a worker that was lost with a message of each queue."""
    client.zadd(HEARTBEATS, {"lost": 1})
    for queue in QUEUES:
        client.sadd(acks_key("lost", queue), "t1:1")
        client.hset(f"{NAMESPACE}:{queue}.msgs", "t1:1", "body")
    client.config_resetstat()
    return client


def test_the_messages_of_a_lost_worker_are_queued_again(broker: WakingBroker, store: Any) -> None:
    for queue in QUEUES:
        assert store.zscore(HEARTBEATS, "lost") == 1  # as long as it has messages of any queue
        until(lambda queue=queue: broker.do_fetch(queue, 1) == [b"body"])  # type: ignore[misc]
        assert bodies(store, queue)
        assert not store.exists(acks_key("lost", queue))
    until(lambda: broker.do_fetch(QUEUES[0], 1) == [] and not store.zscore(HEARTBEATS, "lost"))
    assert "cmdstat_keys" not in store.info("commandstats")
