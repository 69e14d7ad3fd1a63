"""All insides of Dramatiq that are used here, and why; its manual promises none of them.

A release of Dramatiq that changes one breaks tests/unit/tasks/test_dramatiq_insides.py, which goes
through this list. The range in setup.py admits no other minor version.

====================================== ============================== ==========================
Inside of Dramatiq                     Where it is used               Why
====================================== ============================== ==========================
``NAMESPACE:QUEUE``, a list of ids     lua/admit.lua                  clients take turns before
                                                                      Dramatiq's queue
``NAMESPACE:QUEUE.msgs``, a hash       lua/common.lua, sweep.lua,     a task and its message are
                                       discard_unreadable.lua         written by one script
``NAMESPACE:__acks__.WORKER.QUEUE``    ``acks_key``                   finds messages whose fetch
                                                                      was not answered
``NAMESPACE:__heartbeats__``           none: Dramatiq's maintenance   a lost worker's messages go
                                       relies on it                   back into the queue
option ``redis_message_id``            queues.py                      an id by which a script
                                                                      knows the task
``RedisBroker.do_requeue``             broker.py                      puts such messages back
``RedisBroker._dispatch``              broker.py                      fetches after admission
``RedisBroker.scripts["dispatch"]``    broker.py                      is allowed in a full Redis
``RedisBroker.queues``, ``broker_id``  broker.py, watchdog.py         no queues for delays; the
                                                                      worker's name
consumer ``outstanding_message_count`` thread_limits.py, broker.py    counts what takes a thread
consumer ``queued_message_ids``        broker.py                      what was not lost
consumer ``prefetch``                  broker.py                      how much one look fetches
``DecodeError.data``                   broker.py                      whose message it was
``RedisBackend.build_message_key``     results.py                     the key of a result
``RedisBackend.encoder``               results.py                     its encoding; a list of one
                                                                      element (LPUSH, LINDEX 0)
``wrap_result``, ``wrap_exception``    results.py                     ``get_result`` reads them
``Worker.work_queue``                  watchdog.py                    lets idle threads sleep
``Worker.worker_threads``              watchdog.py                    the threads to share out
====================================== ============================== ==========================

Of the standard library, ``PriorityQueue._qsize`` and ``_get`` (work_queue.py) are such insides too.
"""

from __future__ import annotations

from sysmon_core.redis_store.keys import NAMESPACE


def acks_key(broker_id: str, queue: str) -> str:
    """The key of the set of messages that a broker fetched from a queue and did not finish."""
    return f"{NAMESPACE}:__acks__.{broker_id}.{queue}"
