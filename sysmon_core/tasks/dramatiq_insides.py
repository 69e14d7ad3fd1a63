"""All insides of Dramatiq that are used here, and why; its manual promises none of them.

The test tests/unit/tasks/test_dramatiq_insides.py goes through this list, and fails with a release
that changes one; the range in setup.py admits no other minor version.

``NAMESPACE:QUEUE``
    a list of ids of messages. lua/admit.lua appends to it: clients take turns before it.
``NAMESPACE:QUEUE.msgs``
    a hash of their bodies. The scripts write it: a task and its message are recorded by one.
``NAMESPACE:__acks__.WORKER.QUEUE``
    a set of fetched ids. ``acks_key``: finds messages whose fetch was not answered.
``NAMESPACE:__heartbeats__``
    a sorted set of workers. Dramatiq's own maintenance puts a lost worker's messages back by it.
``redis_message_id``
    an option of a message, its id in Redis. queues.py makes one that begins with the task's id.
``RedisBroker.do_requeue``
    puts fetched messages back. broker.py: those whose fetch was not answered.
``RedisBroker.do_fetch``
    is what a consumer calls for messages. broker.py overrides it, to admit messages before.
``RedisBroker._dispatch``
    makes such commands. broker.py: the one that the override hides.
``RedisBroker.scripts``
    has the script "dispatch" of all commands. broker.py replaces it by one for a full Redis, in
    which lua/dispatch.lua answers the command "keys" of ``redis.call``.
``RedisBroker.queues``
    a set of declared queues. broker.py declares queues without their twins for delays.
``RedisBroker.broker_id``
    names the worker: watchdog.py in heartbeats, ``acks_key`` in a key.
``_RedisConsumer.outstanding_message_count``
    how many messages were fetched and not finished. thread_limits.py: each takes a thread.
``_RedisConsumer.queued_message_ids``
    the ids of these. broker.py: they were not lost.
``_RedisConsumer.prefetch``
    how many there may be. broker.py sets it before each look at the queue.
``DecodeError.data``
    the body of an unreadable message. broker.py: to find its task.
``RedisBackend.build_message_key``
    the key of a result. results.py: the scripts write results.
``RedisBackend.encoder``
    encodes results, each the one element of a list (LPUSH, LINDEX 0). results.py, likewise.
``wrap_result``
    makes a result of what an actor returned. results.py, so that ``get_result`` reads it.
``wrap_exception``
    makes a result of an exception. results.py, likewise.
``Worker.work_queue``
    the queue between consumers and threads. watchdog.py replaces it: see work_queue.py.
``Worker.worker_threads``
    how many threads there are. watchdog.py: the queues share them.

Two insides of the standard library belong here too: work_queue.py calls

``PriorityQueue._qsize``
    how many items there are, while the lock is held.
``PriorityQueue._get``
    takes the first of them, likewise.
"""

from __future__ import annotations

from sysmon_core.redis_store.keys import NAMESPACE


def acks_key(broker_id: str, queue: str) -> str:
    """Name the set of messages that a broker fetched from a queue and did not finish."""
    return f"{NAMESPACE}:__acks__.{broker_id}.{queue}"
