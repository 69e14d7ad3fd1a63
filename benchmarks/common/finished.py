"""Puts finished tasks into a database, as many as a busy day leaves there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import redis

from sysmon_core.redis_store.keys import TASKS

AT_ONCE = 5000  # copies that Redis makes before it looks at anybody else
# ARGV: a key, what precedes and follows the task's id in it, then the ids of the copies.
COPY = """
for i = 4, #ARGV do redis.call('COPY', ARGV[1], ARGV[2] .. ARGV[i] .. ARGV[3]) end
"""

APART = 1e-6  # between the scores of two copies in a list of tasks


def fill(client: redis.Redis, task_id: str, count: int, lists: Sequence[str] = (TASKS,)) -> int:
    """Copy all keys of a task that has ended, their expiry too, under ``count`` new ids.

    The copies follow the task in those of these sorted sets that have it. Returns how many keys the
    database then has.
    """
    copy: Any = client.register_script(COPY)
    found: Any = client.keys(f"*{task_id}*")
    ids = [str(uuid.uuid4()) for _ in range(count)]
    for key in found:
        before, _, after = key.decode().partition(task_id)
        for first in range(0, count, AT_ONCE):
            copy((), [key, before, after, *ids[first : first + AT_ONCE]])
    for name in lists:
        score: Any = client.zscore(name, task_id)
        if score is None:  # another system's task
            continue
        for first in range(0, count, AT_ONCE):
            some = enumerate(ids[first : first + AT_ONCE], first + 1)
            client.zadd(name, {one: score + number * APART for number, one in some})
    size: Any = client.dbsize()
    return int(size)
