"""Waits for the server and the worker, then says which requests to try."""

from __future__ import annotations

import contextlib
import http.client
import shlex
import socket
import time
from collections.abc import Iterator
from urllib.parse import unquote

from sysmon_core.errors import SysmonError, TasksUnavailable
from sysmon_core.metrics import loading
from sysmon_core.redis_store.client import api_client
from sysmon_core.server.listeners import UNIX
from sysmon_core.settings import Settings, scrubbed
from sysmon_core.tasks.heartbeat import count_workers

WAIT_SECONDS = 60
PAUSE_SECONDS = 0.1  # between two checks of the server and the worker
REQUEST_SECONDS = 1
LOOPBACK = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - requests go there


def welcome(config: Settings) -> str:
    """Wait until the server answers and a worker has sent a heartbeat; return the text to print.

    Raises:
        SysmonError: one of them did not within a minute.
    """
    address = config.listen.split()[0]
    end = time.monotonic() + WAIT_SECONDS
    while not (_server_answers(address) and _worker_runs(config)):
        if time.monotonic() > end:
            raise SysmonError(
                f"The server or the worker did not answer in {WAIT_SECONDS} s: see the log above"
            )
        time.sleep(PAUSE_SECONDS)
    title = f"sysmon answers at {_url(address)}   (Ctrl-C stops it)"
    page = ["In a browser it is a page, to log in as admin."] if "v4" in config.versions else []
    return "\n".join(["", title, *page, "", *_examples(config)])


def _examples(config: Settings) -> Iterator[str]:
    """Give a command for each version that is served: a quick metric, a task, rows, the users."""
    address = config.listen.split()[0]
    curl = f"  curl --unix-socket {_path(address)}" if address.startswith(UNIX) else "  curl"
    url = "http://localhost" if address.startswith(UNIX) else _url(address)
    with scrubbed():
        metrics = [metric for metric in loading.load(config) if not metric.needs_params]
    for version, long in (("v1", False), ("v2", True)):
        names = [metric.name for metric in metrics if metric.long == long]
        if names and version in config.versions:
            yield f"{curl} {url}/{version}/{names[0]}/"
    quick = [metric.name for metric in metrics if not metric.long]
    if quick and "v4" in config.versions:
        yield f"{curl} --user admin {url}/v4/metrics/{quick[0]}/report"
    if "v3" in config.versions:
        yield f"{curl} --user admin {url}/v3/users/"


def _url(address: str) -> str:
    """Return the address as clients on this host use it."""
    if address.startswith(UNIX):
        return address
    host, _, port = address.rpartition(":")
    return f"http://{LOOPBACK.get(host, host)}:{port}"


def _path(address: str) -> str:
    return shlex.quote(unquote(address.removeprefix(UNIX)))


def _server_answers(address: str) -> bool:
    try:
        connection = _connection(address)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _connection(address: str) -> http.client.HTTPConnection:
    if not address.startswith(UNIX):
        return http.client.HTTPConnection(_url(address).partition("//")[2], timeout=REQUEST_SECONDS)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(REQUEST_SECONDS)
    connection.sock.connect(unquote(address.removeprefix(UNIX)))
    return connection


def _worker_runs(config: Settings) -> bool:
    try:
        return count_workers(api_client(config.redis)) > 0
    except TasksUnavailable:
        return False
