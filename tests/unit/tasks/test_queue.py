from __future__ import annotations

import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import ResultFailure, ResultMissing

from sysmon_core.errors import MetricFailed
from sysmon_core.tasks.queue import ACTOR, QUEUE, DramatiqQueue
from tests.unit.tasks.conftest import expires


def test_what_is_sent_comes_to_a_consumer_once_under_the_id_of_its_task(
    broker: RedisBroker, queue: DramatiqQueue
) -> None:
    queue.send("t1")
    queue.send("t2")
    broker.declare_queue(QUEUE)
    consumer = broker.consume(QUEUE, prefetch=2, timeout=1)
    messages = [message for message in (next(consumer) for _ in range(2)) if message]
    assert [(m.message_id, m.actor_name, m.args) for m in messages] == [
        ("t1", ACTOR, ("t1",)),
        ("t2", ACTOR, ("t2",)),
    ]
    for message in messages:
        consumer.ack(message)
    assert next(consumer) is None


def test_a_result_can_be_read_by_dramatiq_itself_and_expires(
    broker: RedisBroker, queue: DramatiqQueue
) -> None:
    queue.store("t1", {"dive": "5 m"})
    backend = broker.get_results_backend()
    assert queue.message("t1").get_result(backend=backend) == {"dive": "5 m"}
    assert queue.result("t1") == {"dive": "5 m"}
    assert expires(broker.client, queue.result_key("t1"))


def test_a_failure_is_raised_by_dramatiq_itself_and_is_no_result(
    broker: RedisBroker, queue: DramatiqQueue
) -> None:
    queue.store_failure("t1", MetricFailed("no water"))
    with pytest.raises(ResultFailure, match="no water") as caught:
        queue.message("t1").get_result(backend=broker.get_results_backend())
    assert caught.value.orig_exc_type == "MetricFailed"
    assert queue.result("t1") is None
    assert expires(broker.client, queue.result_key("t1"))


def test_a_result_that_is_not_there_is_none(broker: RedisBroker, queue: DramatiqQueue) -> None:
    assert queue.result("t1") is None
    with pytest.raises(ResultMissing):
        queue.message("t1").get_result(backend=broker.get_results_backend())


@pytest.mark.parametrize("text", ["", "ü\n", "half a pair \udce9"])
def test_any_text_can_be_a_result_or_a_failure(text: str, queue: DramatiqQueue) -> None:
    queue.store_failure("t1", MetricFailed(text))
    queue.store("t2", {"dive": text})
    assert queue.result("t2") == {"dive": text}
