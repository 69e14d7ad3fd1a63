"""The thread of a worker that hears of cancels, keeps leases, and shows that the worker lives."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from typing import Any

import redis
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from sysmon_core.errors import ConfigurationError, TasksUnavailable
from sysmon_core.redis_store.client import check_policy
from sysmon_core.redis_store.keys import CANCELLED
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import Heartbeat
from sysmon_core.tasks.parent_exit import end_with_parent
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.runner import Runner
from sysmon_core.tasks.work_queue import WorkQueue

RENEWAL = 2.0  # seconds: also how late a cancel is heard whose message was lost
SWEEPING = 5.0  # seconds between two looks for tasks that nobody does
PAUSE = 0.5  # seconds that it blocks at most

logger = logging.getLogger(__name__)


class Watchdog(Middleware):
    """Lives as long as the worker; stops its runs when it is shut down."""

    def __init__(
        self, client: redis.Redis, records: RedisRecords, runner: Runner, heartbeat: Heartbeat
    ) -> None:
        self._client = client
        self._records = records
        self._runner = runner
        self._heartbeat = heartbeat
        self._self = ("", 0)  # the worker's name and its threads for long tasks
        self._queue = WorkQueue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sysmon-watch", daemon=True)

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Tell the broker how many threads there are to share out, and let them sleep."""
        if isinstance(broker, WakingBroker):
            broker.rooms.threads = worker.worker_threads
            self._self = (broker.broker_id, broker.rooms.long)
        worker.work_queue = self._queue

    def after_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        """Begin to listen: here, since a thread does not survive the fork of the worker."""
        self._thread.start()
        end_with_parent(self._ended)

    def before_worker_shutdown(self, broker: Broker, _worker: Worker) -> None:
        """Stop what runs; Dramatiq alone would wait for its end."""
        if isinstance(broker, WakingBroker):
            broker.closing.set()
        self._runner.close()
        self._queue.wake()

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join(2 * PAUSE)  # no longer: it may be waiting for Redis

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as cancels:
                    cancels.subscribe(CANCELLED)
                    self._follow(cancels)
            except (redis.RedisError, TasksUnavailable) as error:
                logger.warning("no word from Redis, trying again: %s", error)
                self._ended.wait(PAUSE)
            except ConfigurationError as error:
                logger.critical("%s", error)
                os.kill(os.getpid(), signal.SIGTERM)
                break
        with contextlib.suppress(TasksUnavailable):  # it is seen without, only later
            self._heartbeat.end(*self._self)

    def _follow(self, cancels: Any) -> None:
        renewed = swept = 0.0
        while not self._ended.is_set():
            now = time.monotonic()
            if now - renewed > RENEWAL:
                self._heartbeat.beat(*self._self)
                self._runner.abandon(self._records.renew(self._runner.running()))
                renewed = now
            if now - swept > SWEEPING:
                check_policy(self._client)  # it may be another Redis than at the start
                self._records.sweep()
                swept = now
            message = cancels.get_message(timeout=PAUSE)
            if message is not None:
                self._runner.cancel(message["data"].decode("utf-8", "replace"))
