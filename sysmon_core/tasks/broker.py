"""Dramatiq's Redis broker, made to deliver at once and to give each client its turn.

Stock Dramatiq sleeps between looks at an empty queue: up to a second passes before an idle
worker gets a message. Here a consumer blocks on a list of wake tokens instead. A lost token
costs a second at most, for the queue itself is looked at each time.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import redis
from dramatiq import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import Middleware
from dramatiq.results import Results

from sysmon_core.errors import TasksUnavailable
from sysmon_core.redis_store.keys import NAMESPACE, WAKE
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks.dramatiq_insides import acks_key
from sysmon_core.tasks.results import make_backend
from sysmon_core.tasks.scripts import dispatch_script, transition
from sysmon_core.tasks.thread_limits import ThreadLimits

IDLE_SECONDS = 1.0  # that a consumer blocks before it looks again
RECOVERY_SECONDS = 5.0  # between two looks for messages whose fetch was not answered
HEARTBEAT_MILLISECONDS = 15_000  # of silence after which another worker takes over the messages
MAINTENANCE_CHANCE = 100_000  # in a million commands: how often a command looks for such a worker

RETRY_SECONDS = 1.0  # between attempts while Redis is away, hangs or refuses
# Dealt with here: Dramatiq would wait longer, and log each attempt; the client logs each cause.
UNAVAILABLE = (redis.RedisError, TasksUnavailable, ConnectionClosed)

OnUnreadable = Callable[[str, bytes], None]  # given the queue and the message's body


class WakingBroker(RedisBroker):
    """A broker with the result backend only: deadlines, retries and states are sysmon's own.

    Args:
        share: the part of all threads on which one client's tasks may run at once.
    """

    def __init__(self, client: redis.Redis, *middleware: Middleware, share: float = 1) -> None:
        super().__init__(
            client=client,
            namespace=NAMESPACE,
            middleware=[Results(backend=make_backend(client)), *middleware],
            heartbeat_timeout=HEARTBEAT_MILLISECONDS,
            maintenance_chance=MAINTENANCE_CHANCE,
        )
        # So that workers go on when Redis is full: the tasks that they finish free memory.
        dispatch: Any = self.scripts["dispatch"]
        self.scripts["dispatch"] = Script(client, dispatch_script(dispatch.script))
        self._admit = Script(client, transition("admit"))
        self._share = share
        self.thread_limits = ThreadLimits()
        self.closing = threading.Event()
        self.on_unreadable: OnUnreadable | None = None

    def declare_queue(self, queue_name: str) -> None:
        """Declare the queue without its twin for delayed messages: there are none."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:  # noqa: ARG002 - it blocks instead
        """Consume a queue, with no more messages at once than there are threads for."""
        # The same again after a lost connection: it knows the messages that were fetched.
        inner = self.thread_limits.consumer(queue_name) or super().consume(queue_name, timeout=1)
        return WakingConsumer(inner, self, queue_name)

    def admit(self, queue_name: str, wanted: int) -> None:
        """Move so many messages into the queue, from each client's line in turn."""
        self._admit((), [queue_name, wanted, self.thread_limits.long, self._share])

    def do_fetch(self, queue_name: str, wanted: int) -> Any:
        """Fetch so many messages, as Dramatiq does, in the order of the clients' turns."""
        self.admit(queue_name, wanted)
        return self._dispatch("fetch")(queue_name, wanted)


class WakingConsumer(Consumer):
    """Blocks where the wrapped consumer would sleep, and survives messages it cannot read."""

    def __init__(self, inner: Any, broker: WakingBroker, queue: str) -> None:
        self._inner = inner  # a Consumer, whose insides are not declared: see dramatiq_insides
        self._broker = broker
        self._queue = queue
        self._freed = broker.thread_limits.add_consumer(queue, inner)
        self._recovered = 0.0

    def __next__(self) -> MessageProxy | None:
        """Return the next message, or None after a while without one."""
        try:
            return self._next()
        except UNAVAILABLE:
            self._broker.closing.wait(RETRY_SECONDS)
            return None

    def _next(self) -> MessageProxy | None:
        self._freed.clear()
        try:
            message, had_thread = self._take()
        except DecodeError as error:
            if self._broker.on_unreadable:
                self._broker.on_unreadable(self._queue, error.data)
            return None
        if message is None:
            self._recover()
            self._wait(had_thread=had_thread)
        return message

    def _take(self) -> tuple[MessageProxy | None, bool]:
        """Return the next message if there is one, and whether a thread was free."""
        limits = self._broker.thread_limits
        with limits.lock:
            free = limits.free(self._queue)
            self._inner.prefetch = self._inner.outstanding_message_count + free
            return next(self._inner), free > 0

    def _wait(self, *, had_thread: bool) -> None:
        """Block until there may be a message, and a thread for it."""
        if had_thread:
            self._broker.client.blpop([WAKE + self._queue], timeout=IDLE_SECONDS)
        else:  # the queue was not looked at, and its tokens are for workers with free threads
            self._freed.wait(IDLE_SECONDS)

    def _recover(self) -> None:
        """Put back messages that were fetched by a command whose answer was lost."""
        now = time.monotonic()
        if now - self._recovered < RECOVERY_SECONDS:
            return
        self._recovered = now
        fetched: Any = self._broker.client.smembers(acks_key(self._broker.broker_id, self._queue))
        known = self._inner.queued_message_ids
        lost = [one for one in fetched if one.decode().partition(":")[0] not in known]
        if lost:
            self._broker.do_requeue(self._queue, *lost)

    def ack(self, message: MessageProxy) -> None:
        """Remove a message that was dealt with."""
        self._persist(lambda: self._inner.ack(message))
        self._broker.thread_limits.notify_freed()

    def nack(self, message: MessageProxy) -> None:
        """Set aside a message that cannot be dealt with."""
        self._persist(lambda: self._inner.nack(message))
        self._broker.thread_limits.notify_freed()

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put back messages that were fetched and not begun."""
        with contextlib.suppress(*UNAVAILABLE):  # another worker takes them over later
            self._inner.requeue(messages)

    def _persist(self, send: Callable[[], None]) -> None:
        """Try until Redis accepts it, or the worker shuts down.

        In a shutdown the message is delivered once more, and its task's record says that it is not
        to be run.
        """
        while True:
            try:
                return send()
            except UNAVAILABLE:
                if self._broker.closing.wait(RETRY_SECONDS):
                    return None

    def close(self) -> None:
        """Do nothing: the client is the broker's."""
