"""Assembles the web application: ``pserve`` calls ``main``, tests call ``make_app``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

from sysmon_core import settings
from sysmon_core.api import make_wsgi, versions
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.docs import swagger_ui
from sysmon_core.errors import WorkerMissing
from sysmon_core.metrics import registry
from sysmon_core.metrics.host import bind
from sysmon_core.redis_store.client import api_client, has_room
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
from sysmon_core.tasks.heartbeat import count_workers
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore, make_backend

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from sysmon_core.metrics.registry import Registry
    from sysmon_core.services.tasks import Records
    from sysmon_core.settings import Settings


def main(_global_config: dict[str, str], **ini: str) -> WSGIApplication:
    """Return the factory named in the ini file's ``[app:main]``."""
    config = settings.load(ini)
    return make_app(config, registry.load(config))


def make_app(
    config: Settings,
    metrics: Registry,
    passwords: Passwords | None = None,
    records: Records | None = None,
) -> WSGIApplication:
    """Make the application; it connects to Redis and the database when first asked to.

    The records of tasks are in Redis unless others are given, as tests do.
    """
    host = bind(metrics, config)
    executor = Executor(config, host)
    client = api_client(config.redis)
    records = records or RedisRecords(client, ResultStore(make_backend(client)), config)
    passwords = passwords or Passwords()
    users = Users.of(config, passwords)
    throttle = Throttle(config, RedisRateCounters(client))
    password_queue = FairQueue(config.password_checks, config.password_queue)
    availability = Availability(records.missing_programs, executor.require)
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
        versions=config.versions,
        private=config.private,
    )
    return make_wsgi(services, config.trusted_proxies, config.hosts)


def _checks(config: Settings, client: redis.Redis, users: Users) -> dict[str, Check]:
    """Make the checks of readiness; that of the database only where users are served."""

    def redis_takes_tasks() -> None:
        has_room(client)

    def worker_listens() -> None:
        if not count_workers(client):
            raise WorkerMissing("No worker listens for tasks: start one")

    def database_answers() -> None:
        users.has_admin()

    checks: dict[str, Check] = {"Redis": redis_takes_tasks, "worker": worker_listens}
    if config.private or any(one.authenticated for one in versions.load(config.versions)):
        checks["database"] = database_answers
    return checks
