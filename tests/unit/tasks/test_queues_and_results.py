"""Messages and results that Dramatiq itself can read and write."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import ResultFailure, ResultMissing

from sysmon_core.redis_store.keys import NAMESPACE
from sysmon_core.services.task import State, Task
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.queues import (
    ACTOR,
    BRIEF,
    QUEUES,
    USERS_BRIEF,
    USERS_LONG,
    encode_message,
    make_message,
)
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import (
    DONE,
    PLAIN,
    TTL,
    Reach,
    bodies,
    expires,
    lose_messages,
    queued,
    text_of,
)

each_queue = pytest.mark.parametrize("queue", QUEUES)


def task_for(queue: str, name: str = PLAIN.id) -> Task:
    """A task that is queued there."""
    owner = "eve" if queue in {USERS_LONG, USERS_BRIEF} else ""
    return replace(PLAIN, id=name, owner=owner, brief=queue in {BRIEF, USERS_BRIEF})


def dramatiqs_own(client: redis.Redis) -> RedisBroker:
    return RedisBroker(client=client, namespace=NAMESPACE, middleware=[])  # type: ignore[no-untyped-call]


@each_queue
def test_a_message_is_known_by_its_task_and_new_at_each_sending(queue: str) -> None:
    sent = [encode_message("t1", queue) for _ in range(10)]
    assert len({redis_id for redis_id, _ in sent}) == 10
    for redis_id, body in sent:
        assert redis_id.startswith("t1:")
        message: Message[None] = Message.decode(body)
        assert (message.message_id, message.queue_name) == ("t1", queue)
        assert (message.actor_name, message.args, message.kwargs) == (ACTOR, ("t1",), {})
        assert message.options == {"redis_message_id": redis_id}


@each_queue
def test_a_broker_of_dramatiqs_own_takes_what_was_admitted_once_and_in_order(
    queue: str,
    results: ResultStore,
    make_settings: MakeSettings,
    client: redis.Redis,
    broker: WakingBroker,
) -> None:
    records = RedisRecords(client, results, make_settings())
    for name in ("t1", "t2"):
        records.submit(task_for(queue, name), "somebody")
    broker.admit(queue, 2)
    stock = dramatiqs_own(client)
    stock.declare_queue(queue)
    consumer = stock.consume(queue, prefetch=2, timeout=1)
    messages = [message for message in (next(consumer) for _ in range(2)) if message]
    assert [(m.message_id, m.actor_name, m.args) for m in messages] == [
        ("t1", ACTOR, ("t1",)),
        ("t2", ACTOR, ("t2",)),
    ]
    assert next(consumer) is None
    assert client.hlen(f"{NAMESPACE}:{queue}.msgs") == 2  # until they are dealt with
    for message in messages:
        consumer.ack(message)
    assert not client.exists(f"{NAMESPACE}:{queue}", f"{NAMESPACE}:{queue}.msgs")


@each_queue
def test_what_is_admitted_lies_where_dramatiq_would_have_put_it(
    queue: str, records: RedisRecords, client: redis.Redis, broker: WakingBroker
) -> None:
    records.submit(task_for(queue), "somebody")
    broker.admit(queue, 1)
    ours = places(client, queue)
    lose_messages(client, queue)
    dramatiqs_own(client).enqueue(make_message(PLAIN.id, queue))
    assert places(client, queue) == ours == (1, ["redis_message_id"], True)


def places(client: redis.Redis, queue: str) -> tuple[int, list[str], bool]:
    """How many messages lie in the queue, the options of the first, and whether it has its body."""
    ((redis_id, body),) = bodies(client, queue).items()
    options = Message.decode(body).options
    in_list = client.lrange(f"{NAMESPACE}:{queue}", 0, -1)
    named = in_list == [redis_id] == [options["redis_message_id"].encode()]
    return len(queued(client, queue)), list(options), named


def test_a_message_that_was_fetched_and_not_begun_goes_back(
    records: RedisRecords, client: redis.Redis, broker: WakingBroker
) -> None:
    records.submit(PLAIN, "somebody")
    consumer = broker.consume(USERS_LONG)
    message = next(consumer)
    assert message
    assert queued(client, USERS_LONG) == []
    consumer.requeue([message])
    assert queued(client, USERS_LONG) == [PLAIN.id]


def test_a_result_can_be_read_by_dramatiq_itself_and_expires(
    broker: WakingBroker, records: RedisRecords, results: ResultStore, reach: Reach
) -> None:
    reach(State.SUCCESS)
    kept = make_message(PLAIN.id).get_result(backend=broker.get_results_backend())
    assert isinstance(kept, dict)
    assert kept.pop("told") is False
    assert kept == {"text": DONE.text, "rows": [], "started": 0, "finished": 0, "host": ""}
    assert text_of(records) == DONE.text
    assert expires(broker.client, results.key(PLAIN.id))


def test_a_failure_is_raised_by_dramatiq_itself_and_is_no_result(
    broker: WakingBroker, records: RedisRecords, results: ResultStore, reach: Reach
) -> None:
    reach(State.FAILURE)
    with pytest.raises(ResultFailure, match="no water") as caught:
        make_message(PLAIN.id).get_result(backend=broker.get_results_backend())
    assert caught.value.orig_exc_type == "MetricFailed"
    assert text_of(records) is None
    assert expires(broker.client, results.key(PLAIN.id))


def test_a_result_that_is_not_there_is_none(
    records: RedisRecords, results: ResultStore, broker: WakingBroker, reach: Reach
) -> None:
    reach(State.SUCCESS)
    broker.client.delete(results.key(PLAIN.id))
    assert text_of(records) is None
    with pytest.raises(ResultMissing):
        make_message(PLAIN.id).get_result(backend=broker.get_results_backend())


def test_a_result_of_an_earlier_version_is_read(
    records: RedisRecords, broker: WakingBroker, reach: Reach
) -> None:
    reach(State.SUCCESS)
    backend = broker.get_results_backend()
    for text in ("5 m", "", "half a pair \udce9"):
        backend.store_result(make_message(PLAIN.id), {"text": text}, TTL)  # of a metric named so
        assert text_of(records) == text
