"""Hears of the ends of tasks, by a channel of Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import redis

from sysmon_core.redis_store.keys import ENDED_TASKS

RETRY_SECONDS = 1.0  # until the next attempt to subscribe
BLOCK_SECONDS = 1.0  # that the thread blocks before it sees to its connection


def listen(client: redis.Redis, on_end: Callable[[str], None]) -> None:
    """Start a thread that calls a function with the id of each task that ends.

    While Redis is away none is heard of.
    """
    threading.Thread(target=_follow, args=(client, on_end), name="ends", daemon=True).start()


def _follow(client: redis.Redis, on_end: Callable[[str], None]) -> None:
    while True:
        try:
            with client.pubsub(ignore_subscribe_messages=True) as ends:  # type: ignore[no-untyped-call]  # redis-py left it untyped
                ends.subscribe(ENDED_TASKS)
                while True:
                    message = ends.get_message(timeout=BLOCK_SECONDS)
                    if message is not None:
                        on_end(message["data"].decode())
        except redis.RedisError:  # the client logs the causes; waits look for themselves
            time.sleep(RETRY_SECONDS)
