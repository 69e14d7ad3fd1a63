"""The way to the workers and back: Dramatiq's Redis broker and its result backend."""

from __future__ import annotations

import redis
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware
from dramatiq.results import ResultFailure, ResultMissing, Results
from dramatiq.results.backends import RedisBackend

from sysmon_core.services.collection import Result
from sysmon_core.tasks.connection import translated

NAMESPACE = "sysmon:queue"
RESULTS = "sysmon:result"
QUEUE = "tasks"
ACTOR = "run_task"


def make_broker(client: redis.Redis, *middleware: Middleware) -> RedisBroker:
    """A broker with the results and nothing else: deadlines, retries and states are ours."""
    backend = RedisBackend(client=client, namespace=RESULTS, use_namespace_prefix_keys=True)
    return RedisBroker(
        client=client, namespace=NAMESPACE, middleware=[Results(backend=backend), *middleware]
    )


class DramatiqQueue:
    """Sends tasks by their ids; a task's message has the task's id."""

    def __init__(self, broker: RedisBroker, ttl: int) -> None:
        self._broker = broker
        self._backend: RedisBackend = broker.get_results_backend()
        self._ttl = ttl * 1000

    def message(self, task_id: str) -> Message[None]:
        """The message that has a worker run the task."""
        return Message(QUEUE, ACTOR, (task_id,), {}, {}, task_id)

    def send(self, task_id: str) -> None:
        """Have a worker run the task."""
        with translated():
            self._broker.enqueue(self.message(task_id))

    def result_key(self, task_id: str) -> str:
        """Where the result backend keeps what the task gave."""
        return self._backend.build_message_key(self.message(task_id))

    def store(self, task_id: str, result: Result) -> None:
        """Keep what a run gave, for as long as its record."""
        with translated():
            self._backend.store_result(self.message(task_id), result, self._ttl)

    def store_failure(self, task_id: str, error: Exception) -> None:
        """Keep why a run failed, so that ``message.get_result()`` raises it."""
        with translated():
            self._backend.store_exception(self.message(task_id), error, self._ttl)

    def result(self, task_id: str) -> Result | None:
        """What a successful run gave, while it is kept."""
        with translated():
            try:
                result: Result = self._backend.get_result(self.message(task_id))
            except (ResultMissing, ResultFailure):
                return None
            return result
