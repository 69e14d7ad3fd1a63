"""Each inside of Dramatiq that is used is still there, and is what the list says it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from queue import PriorityQueue
from types import SimpleNamespace
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DecodeError
from dramatiq.results import result as dramatiq_result
from dramatiq.results.backends import RedisBackend

from sysmon_core.redis_store.keys import NAMESPACE
from sysmon_core.tasks import dramatiq_insides
from sysmon_core.tasks.dramatiq_insides import acks_key
from sysmon_core.tasks.queues import LONG, make_message

outcome: Any = dramatiq_result  # which is not typed
Stock = Any  # Dramatiq as it comes, which has fetched one message of two


@pytest.fixture
def stock(client: redis.Redis) -> Stock:
    broker: Any = RedisBroker(client=client, namespace=NAMESPACE, middleware=[])  # type: ignore[no-untyped-call]
    broker.declare_queue(LONG)
    for name in ("t1", "t2"):
        broker.enqueue(make_message(name))
    consumer: Any = broker.consume(LONG, prefetch=1, timeout=1)
    message = next(consumer)
    backend: Any = RedisBackend(client=client)
    return SimpleNamespace(
        broker=broker, consumer=consumer, message=message, backend=backend, client=client
    )


def fetched_id(stock: Stock) -> bytes:
    redis_id: str = stock.message.options["redis_message_id"]
    return redis_id.encode()


def queued_ids(stock: Stock) -> list[bytes]:
    ids: list[bytes] = stock.client.lrange(f"{NAMESPACE}:{LONG}", 0, -1)
    return ids


def requeues(stock: Stock) -> bool:
    waiting = queued_ids(stock)
    stock.broker.do_requeue(LONG, fetched_id(stock).decode())
    return queued_ids(stock) == [*waiting, fetched_id(stock)]


def prefetches(stock: Stock) -> bool:
    assert next(stock.consumer) is None
    stock.consumer.prefetch = 2
    return bool(next(stock.consumer))


def fails_to_decode(_stock: Stock) -> bool:
    with pytest.raises(DecodeError) as caught:
        dramatiq.Message.decode(b"{")
    return bool(caught.value.data == b"{")


def stores(stock: Stock) -> bool:
    message = make_message("t1")
    stock.backend.store_result(message, {"text": "5 m"}, 1000)
    values = stock.client.lrange(stock.backend.build_message_key(message), 0, -1)
    return [stock.backend.encoder.decode(value) for value in values] == [{"text": "5 m"}]


def names_results_by_id(stock: Stock) -> bool:
    backend: Any = RedisBackend(namespace="n", use_namespace_prefix_keys=True, client=stock.client)
    first, second = (backend.build_message_key(make_message(name)) for name in ("t1", ""))
    return bool(first == second + "t1")


def wraps(_stock: Stock) -> bool:
    with pytest.raises(dramatiq.results.ResultFailure, match="no water"):
        outcome.unwrap_result(outcome.wrap_exception(ValueError("no water")))
    return True


def counts_and_gets(_stock: Stock) -> bool:
    queue: Any = PriorityQueue()
    queue.put(2)
    queue.put(1)
    return (queue._qsize(), queue._get(), queue._qsize()) == (2, 1, 1)  # noqa: SLF001 - what is tried


def worker(stock: Stock) -> Any:
    return dramatiq.Worker(stock.broker, worker_threads=3)


CHECKS: dict[str, Callable[[Stock], object]] = {
    "NAMESPACE:QUEUE": lambda stock: len(queued_ids(stock)) == 1,
    "NAMESPACE:QUEUE.msgs": lambda stock: (
        stock.client.hget(f"{NAMESPACE}:{LONG}.msgs", fetched_id(stock)) == stock.message.encode()
    ),
    "NAMESPACE:__acks__.WORKER.QUEUE": lambda stock: (
        stock.client.smembers(acks_key(stock.broker.broker_id, LONG)) == {fetched_id(stock)}
    ),
    "NAMESPACE:__heartbeats__": lambda stock: (
        stock.client.zrange(f"{NAMESPACE}:__heartbeats__", 0, -1)
        == [stock.broker.broker_id.encode()]
    ),
    "redis_message_id": fetched_id,
    "RedisBroker.do_requeue": requeues,
    "RedisBroker.do_fetch": lambda stock: len(stock.broker.do_fetch(LONG, 5)) == 1,
    "RedisBroker._dispatch": lambda stock: len(stock.broker._dispatch("fetch")(LONG, 5)) == 1,  # noqa: SLF001 - what is tried
    "RedisBroker.scripts": lambda stock: (
        b'redis.call("keys", dead_worker_acks .. "*")' in stock.broker.scripts["dispatch"].script
    ),
    "RedisBroker.queues": lambda stock: stock.broker.queues == {LONG},
    "RedisBroker.broker_id": lambda stock: stock.broker.broker_id,
    "_RedisConsumer.outstanding_message_count": lambda stock: (
        stock.consumer.outstanding_message_count == 1
    ),
    "_RedisConsumer.queued_message_ids": lambda stock: (
        stock.consumer.queued_message_ids == {stock.message.message_id}
    ),
    "_RedisConsumer.prefetch": prefetches,
    "DecodeError.data": fails_to_decode,
    "RedisBackend.build_message_key": names_results_by_id,
    "RedisBackend.encoder": stores,
    "wrap_result": lambda _stock: (
        outcome.unwrap_result(outcome.wrap_result({"text": "5 m"})) == {"text": "5 m"}
    ),
    "wrap_exception": wraps,
    "Worker.work_queue": lambda stock: worker(stock).work_queue.empty(),
    "Worker.worker_threads": lambda stock: worker(stock).worker_threads == 3,
    "PriorityQueue._qsize": counts_and_gets,
    "PriorityQueue._get": counts_and_gets,
}


@pytest.mark.parametrize("name", CHECKS)
def test_dramatiq_still_has(name: str, stock: Stock) -> None:
    assert CHECKS[name](stock)


def test_the_list_has_each_of_them_and_no_other() -> None:
    listed = re.findall(r"^``(.+)``$", dramatiq_insides.__doc__ or "", re.MULTILINE)
    assert listed == list(CHECKS)
