"""The worker's thread that hears of cancels and keeps the leases of what runs."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import redis
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from sysmon_core.errors import TasksUnavailable
from sysmon_core.tasks.records import CANCELLED, RedisRecords
from sysmon_core.tasks.runner import Runner

RENEWAL = 2.0  # seconds: also how late a cancel is heard whose message was lost

logger = logging.getLogger(__name__)


class Watch(Middleware):
    """Lives as long as the worker; stops its runs when it is shut down."""

    def __init__(self, client: redis.Redis, records: RedisRecords, runner: Runner) -> None:
        self._client = client
        self._records = records
        self._runner = runner
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sysmon-watch", daemon=True)

    def after_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        """Begin to listen: here, since a thread does not survive the fork of the worker."""
        self._thread.start()

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Stop what runs; Dramatiq alone would wait for its end."""
        self._runner.close()

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as cancels:
                    cancels.subscribe(CANCELLED)
                    self._follow(cancels)
            except (redis.RedisError, TasksUnavailable) as error:
                logger.warning("no word from Redis, trying again: %s", error)
                self._ended.wait(RENEWAL)

    def _follow(self, cancels: Any) -> None:
        renewed = 0.0
        while not self._ended.is_set():
            if time.monotonic() - renewed > RENEWAL:
                self._runner.abandon(self._records.renew(self._runner.running()))
                renewed = time.monotonic()
            message = cancels.get_message(timeout=RENEWAL / 4)
            if message is not None:
                self._runner.cancel(message["data"].decode())
