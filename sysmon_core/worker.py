"""The worker: ``dramatiq sysmon_core.worker:setup``, with the settings of ``SYSMON_CONFIG``."""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from sysmon_core import registry, settings
from sysmon_core.registry import Registry
from sysmon_core.services.collection import Collection
from sysmon_core.settings import Settings
from sysmon_core.tasks.connection import patient
from sysmon_core.tasks.queue import ACTOR, QUEUE, DramatiqQueue, make_broker
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.runner import Runner
from sysmon_core.tasks.watch import Watch


def setup() -> None:
    """Make the broker that the dramatiq command then serves."""
    config = settings.load_file(settings.config_file(), logging=True)
    dramatiq.set_broker(make_worker(config, registry.load(config.command_path)))


def make_worker(config: Settings, metrics: Registry) -> RedisBroker:
    """A broker with the one actor, which runs a task by its id."""
    client = patient(config.redis)
    broker = make_broker(client)
    queue = DramatiqQueue(broker, config.task_ttl)
    records = RedisRecords(client, config.task_ttl, queue.result_key)
    runner = Runner(metrics, Collection(config), records, queue)
    broker.add_middleware(Watch(client, records, runner))
    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUE, broker=broker)(runner.run)
    return broker
