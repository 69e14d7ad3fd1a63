"""Reads what a Unix socket gives, under the limits of a run."""

from __future__ import annotations

import select
import socket

from sysmon_core.errors import MetricFailed
from sysmon_core.running.context import RunContext

CHUNK_BYTES = 65536
RETRY_SECONDS = 0.05  # between two tries while the queue of the socket is full
REASONS = {
    FileNotFoundError: "there is no such socket: install and start the unit that makes it",
    PermissionError: "this user may not connect: add it to the group of the socket (SocketGroup=)",
    ConnectionRefusedError: "nothing listens there: start the unit that does",
    ConnectionResetError: "it broke off: see the log of its unit",
}


def read_socket(path: str, context: RunContext) -> str:
    """Connect to the socket, send nothing, and read to the end.

    Raises:
        RunStopped, MetricTimeout: the run is to end.
        MetricFailed: it cannot be read, or gives more than the limit of the run.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        try:
            _connect(connection, path, context)
            connection.shutdown(socket.SHUT_WR)  # the unit may read until the end of our side
            return _read(connection, path, context).decode("utf-8", "replace")
        except OSError as error:
            reason = REASONS.get(type(error)) or error.strerror or str(error)
            raise MetricFailed(f"{path} cannot be read: {reason}") from error


def _connect(connection: socket.socket, path: str, context: RunContext) -> None:
    while True:
        context.check()
        try:
            connection.connect(path)
        except BlockingIOError:  # the queue is full, and no poll() tells when there is room
            context.sleep(RETRY_SECONDS)
        else:
            return


def _read(connection: socket.socket, path: str, context: RunContext) -> bytearray:
    waiting = select.poll()  # select() knows no descriptor above 1023
    waiting.register(connection, select.POLLIN)
    waiting.register(context.stop, select.POLLIN)
    given = bytearray()
    while True:
        waiting.poll(context.seconds_left() * 1000)
        context.check()
        try:
            chunk = connection.recv(CHUNK_BYTES)
        except BlockingIOError:
            continue
        if not chunk:
            return given
        given += chunk
        if len(given) > context.output_limit:
            limit = context.output_limit
            raise MetricFailed(f"{path} gave more than the limit of {limit} bytes")
