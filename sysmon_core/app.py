"""Assembles the web application: ``pserve`` calls ``main``, tests call ``make_app``."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import redis

from sysmon_core import settings
from sysmon_core.api import make_wsgi, versions
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints.docs import swagger_ui
from sysmon_core.database import Database
from sysmon_core.errors import TasksUnavailable, WorkerMissing
from sysmon_core.metrics import loading
from sysmon_core.metrics.host import bind
from sysmon_core.redis_store.checks import check_ready
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.login_counters import RedisRateCounters
from sysmon_core.server import reload
from sysmon_core.services.availability import Availability
from sysmon_core.services.executor import Executor
from sysmon_core.services.fair_queue import FairQueue
from sysmon_core.services.health import Check, Health
from sysmon_core.services.last_seen import LastSeen
from sysmon_core.services.logins import Logins
from sysmon_core.services.own_account import OwnAccount
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.session_logins import SessionLogins
from sysmon_core.services.sessions import SessionLimits, Sessions
from sysmon_core.services.task_reports import TaskReports
from sysmon_core.services.tasks import Tasks
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.token_logins import TokenLogins
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_directory import UserDirectory
from sysmon_core.services.users import Users
from sysmon_core.services.waiting import WaitingRoom
from sysmon_core.tasks.heartbeat import count_workers
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore, make_backend
from sysmon_core.ui.pages import make_pages

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from sysmon_core.metrics.registry import Registry
    from sysmon_core.services.task_records import Records
    from sysmon_core.settings import Settings


def main(global_config: dict[str, str], **ini: str) -> WSGIApplication:
    """Return the application of the ini file's ``[app:main]``, for a process that serves it alone.

    The environment is scrubbed, since functions of plugins see it.
    """
    config = settings.load_app(ini, global_config)
    settings.scrub()
    reload.watch(entry_points(group=loading.GROUP))
    return make_app(config, loading.load(config))


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
    database = Database(config.database, config.database_timeout)
    users = Users(database, passwords, PasswordRules.of(config))
    throttle = Throttle(config, RedisRateCounters(client))
    password_queue = FairQueue(config.password_checks, config.password_queue)
    availability = Availability(records.unavailable, executor.require)
    tasks = Tasks(availability, records, config.task_limit)
    logins = Logins(users, passwords, throttle, password_queue)
    tokens = Tokens(database)
    sessions = Sessions(database, SessionLimits(config.session_idle, config.session_lifetime))
    services = Dependencies(
        registry=host.registry,
        executor=executor,
        tasks=tasks,
        task_reports=TaskReports(records, host.registry, config.samples_kept),
        waiting_room=WaitingRoom(records, config.waiting_requests),
        wait_limit=config.wait_limit,
        users=users,
        user_directory=UserDirectory(database),
        own_account=OwnAccount(users, logins),
        last_seen=LastSeen(database),
        logins=logins,
        tokens=tokens,
        token_logins=TokenLogins(tokens, throttle),
        sessions=sessions,
        session_logins=SessionLogins(logins, sessions),
        health=Health(_checks(config, client, users)),
        body_limit=config.body_limit,
        swagger_ui=swagger_ui(),
        versions=config.versions,
        private=config.private,
        tls_only=config.tls_only,
    )
    return make_wsgi(services, config.trusted_proxies, config.names, make_pages(services))


def _checks(config: Settings, client: redis.Redis, users: Users) -> dict[str, Check]:
    """Make the checks of readiness; that of the database only where users are served."""

    def redis_takes_tasks() -> None:
        check_ready(client)

    def worker_listens() -> None:
        try:
            workers = count_workers(client)
        except TasksUnavailable:
            check_ready(client)  # for its reason, if it has one
            raise
        if not workers:
            raise WorkerMissing("No worker listens for tasks: start one")

    def database_answers() -> None:
        users.has_admin()

    checks: dict[str, Check] = {"Redis": redis_takes_tasks, "worker": worker_listens}
    if config.private or any(one.authenticated for one in versions.load(config.versions)):
        checks["database"] = database_answers
    return checks
