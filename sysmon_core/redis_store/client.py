"""Clients of Redis that never hang, and its errors in our words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from sysmon_core.circuit_breaker import CircuitBreaker
from sysmon_core.errors import ConfigurationError, NotReady, TasksUnavailable

IMPATIENT = 0.5  # seconds: somebody is waiting for an answer over HTTP
MAX_CONNECTIONS = 12  # of a worker, of which each queue has one, and word of cancels another
FULL = "Redis is full"
PATIENT = 10.0  # seconds: a worker would rather wait than fail


def impatient(url: str) -> redis.Redis:
    """A client for the API: what cannot be had at once is an error at once."""
    return Impatient(
        connection_pool=_pool(redis.ConnectionPool, url, IMPATIENT, Retry(NoBackoff(), 0))
    )


def patient(url: str) -> redis.Redis:
    """A client for the worker: it rides out a restart of the server."""
    retry = Retry(ExponentialBackoff(cap=1.0, base=0.05), 5)
    return redis.Redis(connection_pool=_pool(BoundedPool, url, PATIENT, retry))


class Impatient(redis.Redis):
    """A client that lets one thread at a time find out whether a Redis that hung answers again."""

    def __init__(self, connection_pool: redis.ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self._breaker = CircuitBreaker(redis.TimeoutError, "Redis has not answered the last time")

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Send a command and give the answer."""
        with self._breaker.guarding():
            return super().execute_command(*words, **options)  # type: ignore[no-untyped-call]  # redis-py left it untyped


class BoundedPool(redis.BlockingConnectionPool):
    """Few connections for hundreds of threads: each has something to say twice in a run."""

    def __init__(self, **options: Any) -> None:
        most = {"max_connections": MAX_CONNECTIONS, "timeout": PATIENT} | options
        super().__init__(**most)  # type: ignore[no-untyped-call]  # redis-py left it untyped


def _pool(
    kind: type[redis.ConnectionPool], url: str, timeout: float, retry: Retry
) -> redis.ConnectionPool:
    # Said explicitly: the library's own defaults retry for seconds or wait for ever.
    options = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": retry}
    try:
        pool = kind.from_url(url, **options)
        pool.connection_class(**pool.connection_kwargs)  # it knows what it does not know
    except (ValueError, TypeError):  # their texts may have the password
        raise ConfigurationError(
            "The setting redis_url cannot be used: write it as redis://HOST:PORT/DB or unix:///PATH"
        ) from None
    return pool


def check_policy(client: redis.Redis) -> None:
    """Refuse a server that may throw tasks away.

    Raises:
        ConfigurationError: its maxmemory-policy is another than noeviction.
        TasksUnavailable: it cannot be asked now.
    """
    with translated():
        memory: Any = client.info("memory")
    policy = memory["maxmemory_policy"]
    if policy != "noeviction":
        raise ConfigurationError(
            f"Redis would throw tasks away when it is full (maxmemory-policy {policy}): "
            "set it to noeviction"
        )


def has_room(client: redis.Redis) -> bool:
    """Whether Redis takes something new.

    Raises:
        NotReady: it is full.
        TasksUnavailable: it cannot be asked now.
    """
    with translated():
        memory: Any = client.info("memory")
    used = memory["used_memory"] - memory.get("mem_not_counted_for_evict", 0)
    if 0 < memory["maxmemory"] <= used:
        raise NotReady(FULL)
    return True


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn any fault of Redis into TasksUnavailable, without its address."""
    try:
        yield
    except redis.OutOfMemoryError as error:
        raise TasksUnavailable(f"Tasks are not available: {FULL}") from error
    except redis.RedisError as error:
        raise TasksUnavailable(
            "Tasks are not available: Redis does not answer as it should"
        ) from error
