from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from sysmon_core.redis_store.checks import check_policy
from sysmon_core.redis_store.client import api_client

TOLD = b"# Memory\r\nused_memory:1\r\nmaxmemory_policy:noeviction"
NOT_TOLD = b"# Memory\r\nused_memory:1"
UNKNOWN = b"-ERR unknown command 'INFO', with args beginning with: 'memory'\r\n"
DENIED = b"-NOPERM this user has no permissions to run the 'info' command\r\n"


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


@pytest.mark.parametrize(
    ("reply", "known"),
    [(bulk(TOLD), True), (bulk(NOT_TOLD), False), (UNKNOWN, False), (DENIED, False)],
)
def test_a_policy_that_redis_does_not_tell_is_no_error(
    reply: bytes, known: bool, folder: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/socket")
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while got := connection.recv(65536):
                    for command in got.split(b"*")[1:]:  # of RESP: an array for each
                        connection.sendall(reply if b"\r\nINFO\r\n" in command else b"+OK\r\n")

        threading.Thread(target=serve, daemon=True).start()
        with api_client(f"unix://{folder}/socket") as client:
            assert check_policy(client) is known
