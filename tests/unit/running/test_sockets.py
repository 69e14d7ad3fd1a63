"""What a run reads from a Unix socket, and how it fails."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sysmon_core import MetricFailed
from sysmon_core.errors import MetricTimeout, RunStopped
from tests.unit.conftest import MakeRun

pytestmark = pytest.mark.usefixtures("nothing_left")

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    """Serve one caller of a socket by a function; give the path."""
    with socket.socket(socket.AF_UNIX) as listening:
        threads: list[threading.Thread] = []

        def start(serving: Callable[[socket.socket], None]) -> str:
            path = str(folder / "socket")
            listening.bind(path)
            listening.listen(1)
            threads.append(threading.Thread(target=_serve, args=(listening, serving)))
            threads[-1].start()
            return path

        yield start
        for thread in threads:
            thread.join()


def _serve(listening: socket.socket, serving: Callable[[socket.socket], None]) -> None:
    one, _ = listening.accept()
    with one:
        serving(one)


def flood(one: socket.socket) -> None:
    """Send until the caller has gone."""
    with contextlib.suppress(OSError):
        while True:
            one.sendall(b"x" * 4096)


@pytest.mark.parametrize("text", ["", "one\ntwo\n", "ü" * 300_000])
def test_all_that_a_socket_gives_is_read(text: str, serve: Serve, make_run: MakeRun) -> None:
    path = serve(lambda one: one.sendall(text.encode()))
    assert make_run().read_socket(path) == text


def test_bytes_that_are_no_utf8_can_still_be_read(serve: Serve, make_run: MakeRun) -> None:
    path = serve(lambda one: one.sendall(b"a\xff"))
    assert make_run().read_socket(Path(path)) == "a\N{REPLACEMENT CHARACTER}"


def test_nothing_is_sent_but_the_end(serve: Serve, make_run: MakeRun) -> None:
    path = serve(lambda one: one.sendall(b"got %d bytes" % len(one.recv(100))))
    assert make_run().read_socket(path) == "got 0 bytes"


def test_more_than_the_limit_is_a_failure(serve: Serve, make_run: MakeRun) -> None:
    path = serve(flood)
    with pytest.raises(MetricFailed, match=f"^{path} gave more than the limit of 100000 bytes$"):
        make_run(output_limit=100_000).read_socket(path)


def test_a_socket_that_gives_nothing_is_left_at_the_deadline(
    serve: Serve, make_run: MakeRun
) -> None:
    over = threading.Event()

    def wait(_one: socket.socket) -> None:
        over.wait()

    path = serve(wait)
    with pytest.raises(MetricTimeout):
        make_run(seconds=0.2).read_socket(path)
    over.set()


def test_it_is_left_when_the_run_is_stopped(serve: Serve, make_run: MakeRun) -> None:
    run, over = make_run(), threading.Event()

    def stop(_one: socket.socket) -> None:
        run.stop.set("enough")
        over.wait()

    path = serve(stop)
    with pytest.raises(RunStopped, match="enough"):
        run.read_socket(path)
    over.set()


def test_a_socket_at_which_too_many_wait_is_tried_until_the_deadline(
    folder: Path, make_run: MakeRun
) -> None:
    path = str(folder / "socket")
    with (
        socket.socket(socket.AF_UNIX) as listening,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as second,
    ):
        listening.bind(path)
        listening.listen(0)
        first.connect(path)
        second.setblocking(False)
        with pytest.raises(BlockingIOError):
            second.connect(path)
        with pytest.raises(MetricTimeout):
            make_run(seconds=0.2).read_socket(path)


def test_what_is_not_there_or_not_served_is_told_with_a_remedy(
    folder: Path, make_run: MakeRun
) -> None:
    path = folder / "socket"
    with pytest.raises(MetricFailed, match=f"^{path} cannot be read: there is no such socket: in"):
        make_run().read_socket(path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
    with pytest.raises(MetricFailed, match="nothing listens there: start the unit"):
        make_run().read_socket(path)
    with pytest.raises(MetricFailed, match="socket/x cannot be read: Not a directory"):
        make_run().read_socket(path / "x")
    with pytest.raises(MetricFailed, match="cannot be read: AF_UNIX path too long"):
        make_run().read_socket("/" + 200 * "x")
