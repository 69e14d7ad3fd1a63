"""Puts finished tasks into a database, as many as a busy day leaves there."""

from __future__ import annotations

import uuid
from typing import Any

import redis

AT_ONCE = 5000  # copies that Redis makes before it looks at anybody else
# ARGV: a key, what precedes and follows the task's id in it, then the ids of the copies.
COPY = """
for i = 4, #ARGV do redis.call('COPY', ARGV[1], ARGV[2] .. ARGV[i] .. ARGV[3]) end
"""


def fill(client: redis.Redis, task_id: str, count: int) -> int:
    """Copy all keys of a task that has ended, their expiry too, under ``count`` new ids.

    Returns how many keys the database then has.
    """
    copy: Any = client.register_script(COPY)
    found: Any = client.keys(f"*{task_id}*")
    ids = [str(uuid.uuid4()) for _ in range(count)]
    for key in found:
        before, _, after = key.decode().partition(task_id)
        for first in range(0, count, AT_ONCE):
            copy((), [key, before, after, *ids[first : first + AT_ONCE]])
    size: Any = client.dbsize()
    return int(size)
