"""Dramatiq's Redis broker, made to answer at once and to give each client its turn.

Stock Dramatiq sleeps between looks at an empty queue: up to a second passes before an idle
worker sees a message. Here a consumer blocks on a list of wake tokens instead. A lost token
costs a second, no more, for the queue itself is looked at each time.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import redis
from dramatiq import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import Middleware
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from sysmon_core.errors import TasksUnavailable
from sysmon_core.redis_store.keys import NAMESPACE, RESULTS, WAKE
from sysmon_core.redis_store.script import Script
from sysmon_core.tasks.lua import BASE
from sysmon_core.tasks.rooms import Rooms
from sysmon_core.tasks.scripts import ADMIT

IDLE = 1.0  # seconds that a consumer blocks before it looks again
RECOVERY = 5.0  # seconds between two looks for messages whose fetch went unanswered
HEARTBEAT = 15_000  # milliseconds of silence after which another worker takes over the messages
MAINTENANCE = 100_000  # in a million commands: how often anybody looks for such a worker

Unreadable = Callable[[str, bytes], None]


class WakingBroker(RedisBroker):
    """A broker with the results and nothing else: deadlines, retries and states are ours.

    Args:
        share: the part of the threads on which one client's tasks may run at once.
    """

    def __init__(self, client: redis.Redis, *middleware: Middleware, share: float = 1) -> None:
        backend = RedisBackend(client=client, namespace=RESULTS, use_namespace_prefix_keys=True)
        super().__init__(
            client=client,
            namespace=NAMESPACE,
            middleware=[Results(backend=backend), *middleware],
            heartbeat_timeout=HEARTBEAT,
            maintenance_chance=MAINTENANCE,
        )
        # So that workers go on with what there is, which makes room.
        dispatch: Any = self.scripts["dispatch"]
        self.scripts["dispatch"] = Script(client, dispatch.script)
        self._admit = Script(client, BASE + ADMIT)
        self._share = share
        self.rooms = Rooms()
        self.closing = threading.Event()
        self.unreadable: Unreadable | None = None

    def declare_queue(self, queue_name: str) -> None:
        """Declare the queue without its twin for delayed messages: there are none."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:  # noqa: ARG002 - we wait otherwise
        """Consume a queue, no more of it at once than may run."""
        # The same again after a lost connection: it knows which messages are in hand.
        inner = self.rooms.consumer(queue_name) or super().consume(queue_name, timeout=1)
        return WakingConsumer(inner, self, queue_name)

    def admit(self, queue_name: str, wanted: int) -> None:
        """Let so many messages into the queue, from each client's line in turn."""
        self._admit((), [queue_name, wanted, self.rooms.long, self._share])

    def do_fetch(self, queue_name: str, wanted: int) -> Any:
        """Fetch so many messages, as Dramatiq does, of those whose turn it is."""
        self.admit(queue_name, wanted)
        return self._dispatch("fetch")(queue_name, wanted)


class WakingConsumer(Consumer):
    """Blocks where the consumer it wraps would sleep, and survives what it cannot read."""

    def __init__(self, inner: Any, broker: WakingBroker, queue: str) -> None:
        self._inner = inner  # a Consumer, whose room and what it has in hand are not declared
        self._broker = broker
        self._queue = queue
        self._room = broker.rooms.enter(queue, inner)
        self._recovered = 0.0

    def __next__(self) -> MessageProxy | None:
        """The next message, or None after a while without one."""
        with _as_dramatiq_knows_it():
            self._room.clear()
            try:
                message, had_room = self._take()
            except DecodeError as error:
                if self._broker.unreadable:
                    self._broker.unreadable(self._queue, error.data)
                return None
            if message is None:
                self._recover()
                self._wait(had_room=had_room)
            return message

    def _take(self) -> tuple[MessageProxy | None, bool]:
        """The next message if there is one, and whether there was room for one."""
        with self._broker.rooms.lock:
            free = self._broker.rooms.free(self._queue)
            self._inner.prefetch = self._inner.outstanding_message_count + free
            return next(self._inner), free > 0

    def _wait(self, *, had_room: bool) -> None:
        """Block until there may be a message that may be taken."""
        if had_room:
            self._broker.client.blpop([WAKE + self._queue], timeout=IDLE)
        else:  # the queue was not looked at, and its tokens are for those who have room
            self._room.wait(IDLE)

    def _recover(self) -> None:
        """Put back what was fetched by a command whose answer was lost: nobody has it in hand."""
        now = time.monotonic()
        if now - self._recovered < RECOVERY:
            return
        self._recovered = now
        acks = f"{NAMESPACE}:__acks__.{self._broker.broker_id}.{self._queue}"
        taken: Any = self._broker.client.smembers(acks)
        in_hand = self._inner.queued_message_ids
        lost = [one for one in taken if one.decode().partition(":")[0] not in in_hand]
        if lost:
            self._broker.do_requeue(self._queue, *lost)

    def ack(self, message: MessageProxy) -> None:
        """Tell Redis that the message was dealt with."""
        with self._unless_closing(), _as_dramatiq_knows_it():
            self._inner.ack(message)
        self._broker.rooms.changed()

    def nack(self, message: MessageProxy) -> None:
        """Tell Redis that the message cannot be dealt with."""
        with self._unless_closing(), _as_dramatiq_knows_it():
            self._inner.nack(message)
        self._broker.rooms.changed()

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put messages back that were fetched and not begun."""
        with _as_dramatiq_knows_it():
            self._inner.requeue(messages)

    @contextlib.contextmanager
    def _unless_closing(self) -> Iterator[None]:
        """Let a shutdown go on without Redis: Dramatiq would try again for minutes.

        The message comes once more, and its record says that it is not to be run.
        """
        try:
            yield
        except ConnectionClosed:
            if not self._broker.closing.is_set():
                raise

    def close(self) -> None:
        """Nothing to close: the client is the broker's."""


@contextlib.contextmanager
def _as_dramatiq_knows_it() -> Iterator[None]:
    """A hung or full Redis is to be tried again, as one that is away."""
    try:
        yield
    except (redis.RedisError, TasksUnavailable) as error:
        raise ConnectionClosed(error) from None
