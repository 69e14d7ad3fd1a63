"""Run beside the others by `make run`: says when they answer, and what to try."""

from __future__ import annotations

import http.client
import sys
import time

from sysmon_core import settings
from sysmon_core.errors import TasksUnavailable
from sysmon_core.settings import Settings
from sysmon_core.tasks.connection import impatient
from sysmon_core.tasks.records import workers

PATIENCE = 60  # seconds
PAUSE = 0.1  # seconds between two looks

WELCOME = """
sysmon answers at {url}/   (Ctrl-C stops it)

  curl {url}/v1/uptime/
  curl '{url}/v2/iostat/?count=5&wait=2'
  curl --user admin {url}/v3/users/
"""


def main() -> None:
    """Wait for the server and the worker, then print the welcome."""
    config = settings.load_file(settings.config_file())
    address = config.listen.split()[0]
    until = time.monotonic() + PATIENCE
    while not (_server_answers(address) and _worker_listens(config)):
        if time.monotonic() > until:
            sys.exit(
                f"sysmon: no answer from the server or the worker in {PATIENCE} s; see above why"
            )
        time.sleep(PAUSE)
    sys.stdout.write(WELCOME.format(url=f"http://{address}"))


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
        return workers(impatient(config.redis)) > 0
    except TasksUnavailable:
        return False


if __name__ == "__main__":
    main()
