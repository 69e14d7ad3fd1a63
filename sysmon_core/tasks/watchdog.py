"""The thread of a worker that receives cancels, renews leases, and sends the heartbeat."""

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
from sysmon_core.redis_store.checks import NO_POLICY, check_policy, lack
from sysmon_core.redis_store.client import Client
from sysmon_core.redis_store.keys import CANCELLED
from sysmon_core.redis_store.rights import missing_rights
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import Heartbeat
from sysmon_core.tasks.limits import RENEWAL_SECONDS
from sysmon_core.tasks.parent_exit import end_with_parent
from sysmon_core.tasks.task_runner import TaskRunner
from sysmon_core.tasks.work_queue import WorkQueue

SWEEP_SECONDS = 5.0  # between two looks for tasks that no worker has
BLOCK_SECONDS = 0.5  # that the thread waits for a cancel at most

logger = logging.getLogger(__name__)


class Watchdog(Middleware):
    """Starts and ends with the worker, and stops its runs at its shutdown."""

    def __init__(
        self,
        client: Client,
        records: WorkerRecords,
        runner: TaskRunner,
        heartbeat: Heartbeat,
    ) -> None:
        self._client = client
        self._records = records
        self._runner = runner
        self._heartbeat = heartbeat
        self._worker = ("", 0)  # its name and its threads for long tasks
        self._queue = WorkQueue()
        self._knows_policy = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sysmon-watch", daemon=True)

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Set the number of threads that the queues share, and let idle threads sleep."""
        if isinstance(broker, WakingBroker):
            broker.thread_limits.threads = worker.worker_threads
            self._worker = (broker.broker_id, broker.thread_limits.long)
        worker.work_queue = self._queue

    def after_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        """Start the thread: here, since a thread does not survive the fork of the worker."""
        self._thread.start()
        end_with_parent(self._ended)

    def before_worker_shutdown(self, broker: Broker, _worker: Worker) -> None:
        """Stop all runs; Dramatiq alone would wait for their ends."""
        if isinstance(broker, WakingBroker):
            broker.closing.set()
        self._runner.close()
        self._queue.let_time_out()

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Stop the thread."""
        self._ended.set()
        self._thread.join(2 * BLOCK_SECONDS)  # not longer: it may wait for Redis

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as cancels:
                    cancels.subscribe(CANCELLED)
                    self._follow(cancels)
            except redis.RedisError as error:  # of the subscription: the client logs all others
                self._client.failures.report(error)
                self._ended.wait(BLOCK_SECONDS)
            except TasksUnavailable:
                self._ended.wait(BLOCK_SECONDS)
            except ConfigurationError as error:
                logger.critical("%s", error)
                os.kill(os.getpid(), signal.SIGTERM)
                break
        with contextlib.suppress(TasksUnavailable):  # other workers notice without it, only later
            self._heartbeat.end(*self._worker)

    def _follow(self, cancels: Any) -> None:
        renewed = swept = 0.0
        if missing := missing_rights(self._client):
            self._client.failures.warn(lack(missing))
        while not self._ended.is_set():
            now = time.monotonic()
            if now - renewed > RENEWAL_SECONDS:
                self._heartbeat.beat(*self._worker)
                self._runner.abandon(self._records.renew(self._runner.running()))
                renewed = now
            if now - swept > SWEEP_SECONDS:
                self._check_policy()
                self._records.sweep()
                swept = now
            message = cancels.get_message(timeout=BLOCK_SECONDS)
            if message is not None:
                self._runner.cancel(message["data"].decode("utf-8", "replace"))

    def _check_policy(self) -> None:
        """Look each time: another Redis may have taken the place of the first."""
        known = check_policy(self._client)
        if self._knows_policy and not known:
            logger.warning(NO_POLICY)
        self._knows_policy = known
