"""Checks of a Redis: whether it may evict tasks, whether it accepts writes and all our commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import NoPermissionError

from sysmon_core.errors import ConfigurationError, NotReady, TasksUnavailable
from sysmon_core.redis_store.client import redis_errors
from sysmon_core.redis_store.keys import READY
from sysmon_core.redis_store.rights import missing_rights

READY_SECONDS = 60  # that the key is kept which the check of readiness writes
NO_POLICY = (
    "Redis does not tell its maxmemory-policy (INFO memory): make sure that it is noeviction, "
    "else a full Redis throws tasks away"
)


def check_policy(client: redis.Redis) -> bool:
    """Refuse a Redis that may evict tasks; return False where Redis does not tell whether it may.

    Raises:
        ConfigurationError: its maxmemory-policy is another than noeviction.
        TasksUnavailable: it does not answer.
    """
    with redis_errors():
        try:
            memory: Any = client.info("memory")
        except redis.ResponseError:  # denied to this user, or unknown to this server
            return False
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise ConfigurationError(
            f"Redis would throw tasks away when it is full (maxmemory-policy {policy}): "
            "set it to noeviction"
        )
    return "maxmemory_policy" in memory


def check_ready(client: redis.Redis) -> None:
    """Write something, and look whether the user has all rights that tasks need.

    Raises:
        NotReady: Redis refuses; the text says why.
        TasksUnavailable: it does not answer.
    """
    try:
        with redis_errors():
            _write(client)
    except TasksUnavailable as error:
        if not error.refusal:
            raise
        raise NotReady(error.refusal) from error


def _write(client: redis.Redis) -> None:
    denied: NoPermissionError | None = None
    try:
        client.set(READY, 1, ex=READY_SECONDS)
    except NoPermissionError as error:
        denied = error
    if missing := missing_rights(client):
        raise NotReady(lack(missing))
    if denied:
        raise denied


def lack(rights: Sequence[str]) -> str:
    """Say which rights the user of Redis lacks."""
    return f"The user of Redis lacks rights (ACL SETUSER): {' '.join(rights)}"
