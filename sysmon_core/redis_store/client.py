"""Clients of Redis that never hang, and its errors as errors of sysmon."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from sysmon_core.circuit_breaker import CircuitBreaker
from sysmon_core.errors import ConfigurationError, TasksUnavailable
from sysmon_core.redis_store.failures import UNANSWERED, FailureLog, cause_of

API_TIMEOUT_SECONDS = 0.5  # a person waits for the answer over HTTP
WORKER_TIMEOUT_SECONDS = 10.0  # a worker would rather wait than fail
MAX_WORKER_CONNECTIONS = 12  # each queue's consumer holds one, the subscription to cancels another


def api_client(url: str) -> Client:
    """Make a client for the API: what Redis cannot answer at once is an error at once."""
    retry = Retry(NoBackoff(), 0)
    return ApiClient(_make_pool(redis.ConnectionPool, url, API_TIMEOUT_SECONDS, retry))


def worker_client(url: str) -> Client:
    """Make a client for a worker: a restart of Redis only delays its commands."""
    retry = Retry(ExponentialBackoff(cap=1.0, base=0.05), 5)
    return Client(_make_pool(BoundedPool, url, WORKER_TIMEOUT_SECONDS, retry))


class Client(redis.Redis):
    """A client that logs why Redis fails; not of INFO, which a user may be denied."""

    def __init__(self, connection_pool: redis.ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self.failures = FailureLog()

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Send a command and return the answer."""
        try:
            return super().execute_command(*words, **options)  # type: ignore[no-untyped-call]  # redis-py left it untyped
        except redis.RedisError as error:
            if words[0] != "INFO":
                self.failures.report(error)
            raise


class ApiClient(Client):
    """A client that has one thread at a time find out whether a Redis that hung answers again."""

    def __init__(self, connection_pool: redis.ConnectionPool) -> None:
        super().__init__(connection_pool=connection_pool)
        self._breaker = CircuitBreaker(redis.TimeoutError, "Redis has not answered the last time")

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Send a command and return the answer."""
        with self._breaker.guarding():
            return super().execute_command(*words, **options)


class BoundedPool(redis.BlockingConnectionPool):
    """Few connections for hundreds of threads, each of which sends two commands in a run."""

    def __init__(self, **options: Any) -> None:
        bounds = {"max_connections": MAX_WORKER_CONNECTIONS, "timeout": WORKER_TIMEOUT_SECONDS}
        super().__init__(**(bounds | options))  # type: ignore[no-untyped-call]  # redis-py left it untyped


def _make_pool(
    kind: type[redis.ConnectionPool], url: str, timeout: float, retry: Retry
) -> redis.ConnectionPool:
    # Stated here: the library's own defaults retry for seconds or wait forever.
    options = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": retry}
    try:
        pool = kind.from_url(url, **options)
        pool.connection_class(**pool.connection_kwargs)  # which checks the URL's options
    except (ValueError, TypeError):  # their texts may have the password
        raise ConfigurationError(
            "The setting redis_url cannot be used: write it as redis://HOST:PORT/DB or unix:///PATH"
        ) from None
    return pool


@contextlib.contextmanager
def redis_errors() -> Iterator[None]:
    """Raise any error of Redis as TasksUnavailable, without its address."""
    try:
        yield
    except redis.RedisError as error:
        cause = cause_of(error)
        refusal = "" if cause == UNANSWERED else cause
        raise TasksUnavailable(f"Tasks are not available: {cause}", refusal) from error
