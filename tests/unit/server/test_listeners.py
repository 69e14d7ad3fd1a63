from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sysmon_core.errors import ConfigurationError
from sysmon_core.server.listeners import Listener, listeners
from sysmon_core.server.options import Options

Listen = Callable[[str], list[Listener]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Listen at addresses until the end of the test."""
    with ExitStack() as stack:

        def made(words: str) -> list[Listener]:
            found = listeners(words, Options())
            for one in found:
                stack.enter_context(one.socket)
            return found

        yield made


def test_each_address_has_a_socket_and_a_name(listen: Listen) -> None:
    first, second = listen("127.0.0.1:0 [::1]:0")
    assert first.name == f"http://127.0.0.1:{first.socket.getsockname()[1]}"
    assert second.name == f"http://[::1]:{second.socket.getsockname()[1]}"
    for one in (first, second):
        socket.create_connection(one.socket.getsockname()[:2]).close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has it")
def test_a_client_that_does_not_read_is_given_up_by_the_kernel(listen: Listen) -> None:
    (one,) = listeners("127.0.0.1:0", Options(send_timeout=7))
    with one.socket:
        assert one.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000


@pytest.mark.parametrize(
    "word", ["127.0.0.1", "127.0.0.1:", ":6543", "127.0.0.1:x", "127.0.0.1:99999", "1:2:3", "[::1]"]
)
def test_what_is_no_address_is_told_with_an_example(word: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write it as 127\.0\.0\.1:6543") as raised:
        listeners(word, Options())
    assert str(raised.value).startswith(f"The server cannot listen on {word}, as the setting ")


def test_no_address_at_all_is_told() -> None:
    with pytest.raises(ConfigurationError, match="names no address"):
        listeners("  ", Options())


def test_an_address_that_is_taken_or_not_ours_is_told_and_nothing_is_left(listen: Listen) -> None:
    (taken,) = listen("127.0.0.1:0")
    port = taken.socket.getsockname()[1]
    for word, reason in ((f"127.0.0.1:{port}", "in use"), ("192.0.2.1:1", "assign")):
        with pytest.raises(ConfigurationError, match=reason):
            listeners(f"127.0.0.2:{port} {word}", Options())
        listen(f"127.0.0.2:{port}")[0].socket.close()


def test_a_unix_socket_is_made_anew_after_a_server_was_killed(listen: Listen, folder: Path) -> None:
    path = folder / "a socket"
    word = f"unix:{str(path).replace(' ', '%20')}"
    (first,) = listen(word)
    assert first.name == f"unix:{path}"
    assert first.is_unix
    with pytest.raises(ConfigurationError, match="in use"):
        listen(word)
    first.socket.close()
    assert path.is_socket()
    listen(word)
    (folder / "file").touch()
    with pytest.raises(ConfigurationError, match="in use"):
        listen(f"unix:{folder / 'file'}")
