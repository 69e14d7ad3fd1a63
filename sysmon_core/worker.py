"""The worker: ``dramatiq sysmon_core.worker:setup``, with the settings of ``SYSMON_CONFIG``."""

from __future__ import annotations

import contextlib
import logging
import resource
from collections.abc import Iterator

import dramatiq

from sysmon_core import settings
from sysmon_core.errors import TasksUnavailable
from sysmon_core.metrics import loading
from sysmon_core.metrics.host import bind
from sysmon_core.metrics.registry import Registry
from sysmon_core.redis_store.checks import check_policy
from sysmon_core.redis_store.client import api_client, worker_client
from sysmon_core.running.standard_output import join_standard_error
from sysmon_core.services.executor import Executor
from sysmon_core.settings import Settings
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import Heartbeat
from sysmon_core.tasks.queues import ACTOR, LONG, QUEUES
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.task_runner import TaskRunner
from sysmon_core.tasks.watchdog import Watchdog

logger = logging.getLogger(__name__)

MAX_DESCRIPTORS = 65536  # macOS reports "unlimited", and refuses it


def setup() -> None:
    """Make the broker whose queues the dramatiq command then serves.

    Raises:
        ConfigurationError: a setting, a plugin or Redis' eviction policy is wrong.
    """
    config = settings.load_file(settings.config_file(), logging=True)
    if found := settings.ignored():
        logger.warning("%s", found)
    settings.scrub()  # which functions of plugins see
    _raise_descriptor_limit()
    join_standard_error()
    with contextlib.suppress(TasksUnavailable):  # the watchdog checks it once Redis answers
        check_policy(api_client(config.redis))
    dramatiq.set_broker(make_worker(config, loading.load(config)))


def _raise_descriptor_limit() -> None:
    """Raise the soft limit: a running task has six descriptors, and the default is 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, MAX_DESCRIPTORS), hard))


def make_worker(config: Settings, metrics: Registry) -> WakingBroker:
    """Make a broker with the one actor, which runs a task by its id."""
    client = worker_client(config.redis)
    broker = WakingBroker(client, share=config.client_share)
    results = ResultStore(broker.get_results_backend())
    records = RedisRecords(client, results, config)
    host = bind(metrics, config)
    executor = Executor(config, host)
    runner = TaskRunner(host.registry, executor, records)
    broker.on_unreadable = records.discard_unreadable
    heartbeat = Heartbeat(client, executor.lacks())
    broker.add_middleware(Watchdog(client, records, runner, heartbeat))
    dramatiq.actor(actor_name=ACTOR, queue_name=LONG, broker=broker)(runner.run)
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


@contextlib.contextmanager
def in_threads(config: Settings, metrics: Registry, threads: int = 4) -> Iterator[None]:
    """Run a worker in threads of this process, for tests."""
    broker = make_worker(config, metrics)
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=20)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        broker.client.connection_pool.disconnect()
