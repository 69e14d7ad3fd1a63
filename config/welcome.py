"""Run beside the others by `make run`: prepares the users' database, then says what to try."""

from __future__ import annotations

import gc

gc.disable()  # for good, which is not long: see config/run.py

# ruff: noqa: E402
import http.client
import sys
import time

import click

from sysmon_core import cli, settings
from sysmon_core.errors import TasksUnavailable
from sysmon_core.redis_store.client import api_client
from sysmon_core.settings import Settings
from sysmon_core.tasks.heartbeat import count_workers

PATIENCE = 60  # seconds
PAUSE = 0.1  # seconds between two looks

WELCOME = """
sysmon answers at {url}/   (Ctrl-C stops it)

  curl {url}/v1/uptime/
  curl '{url}/v2/iostat/?count=5&wait=2'
  curl --user admin {url}/v3/users/
"""


def main() -> None:
    """Prepare the database, wait for the server and the worker, then print the welcome."""
    _prepare_database()
    config = settings.load_file(settings.config_file())
    address = config.listen.split()[0]
    until = time.monotonic() + PATIENCE
    while not (_server_answers(address) and _worker_listens(config)):
        if time.monotonic() > until:
            sys.stderr.write(
                f"sysmon: no answer from the server or the worker in {PATIENCE} s; see above why\n"
            )
            return
        time.sleep(PAUSE)
    sys.stdout.write(WELCOME.format(url=f"http://{address}"))


def _prepare_database() -> None:
    """What fails here ends all of `make run`: config/runner.py sees it by our exit status."""
    try:
        cli.main(["database", "upgrade", "--bootstrap"], standalone_mode=False)
    except click.ClickException as error:
        sys.exit(f"sysmon: {error.format_message()}")


def _server_answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _worker_listens(config: Settings) -> bool:
    try:
        return count_workers(api_client(config.redis)) > 0
    except TasksUnavailable:
        return False


if __name__ == "__main__":
    main()
