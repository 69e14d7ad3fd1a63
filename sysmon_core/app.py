"""Assembles the web application: ``pserve`` calls ``main``, tests call ``make_app``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

from sysmon_core import settings
from sysmon_core.api import make_wsgi
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.docs import swagger_ui
from sysmon_core.metrics import registry
from sysmon_core.metrics.host import bind
from sysmon_core.redis_store.client import has_room, impatient
from sysmon_core.redis_store.login_counters import RedisRateCounters
from sysmon_core.services.availability import Availability
from sysmon_core.services.executor import Executor
from sysmon_core.services.fair_queue import FairQueue
from sysmon_core.services.health import Check, Health
from sysmon_core.services.logins import Logins
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.tasks import Tasks
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.users import Users
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import missing_programs, workers
from sysmon_core.tasks.messages import ResultStore
from sysmon_core.tasks.records import RedisRecords

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from sysmon_core.metrics.registry import Registry
    from sysmon_core.settings import Settings


def main(_global_config: dict[str, str], **ini: str) -> WSGIApplication:
    """The factory named in the ini file's ``[app:main]``."""
    config = settings.load(ini)
    return make_app(config, registry.load(config))


def make_app(
    config: Settings, metrics: Registry, passwords: Passwords | None = None
) -> WSGIApplication:
    """Make the application; it connects to Redis and the database when first asked to."""
    host = bind(metrics, config)
    executor = Executor(config, host)
    client = impatient(config.redis)
    results = ResultStore(WakingBroker(client).get_results_backend())
    records = RedisRecords(client, results, config)
    passwords = passwords or Passwords()
    users = Users.of(config, passwords)
    throttle = Throttle(config, RedisRateCounters(client))
    password_queue = FairQueue(config.password_checks, config.password_queue)
    availability = Availability(lambda: missing_programs(client), executor.require)
    tasks = Tasks(availability, records, config.task_limit)
    services = Dependencies(
        registry=host.registry,
        executor=executor,
        tasks=tasks,
        users=users,
        logins=Logins(users, passwords, throttle, password_queue),
        health=Health(_checks(config, client, users)),
        body_limit=config.body_limit,
        swagger_ui=swagger_ui(),
        versions=tuple(config.versions.split()),
        private=config.private,
    )
    return make_wsgi(services, config.trusted_proxies.split(), config.hosts.split())


def _checks(config: Settings, client: redis.Redis, users: Users) -> dict[str, Check]:
    """What must be there; the database only where users are asked for."""
    checks: dict[str, Check] = {
        "Redis": lambda: has_room(client),
        "worker": lambda: workers(client),
    }
    if config.private or "v3" in config.versions:
        checks["database"] = lambda: users.has_admin() in {True, False}
    return checks
