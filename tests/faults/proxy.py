"""A TCP proxy before a Redis on a Unix socket, which can delay, drop and break connections."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

HOST = "127.0.0.1"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Mode(Enum):
    PASS = auto()
    REFUSE = auto()  # nobody listens
    HANG = auto()  # it holds requests back until the mode changes
    RESET = auto()  # connections break as soon as they are used
    MUTE = auto()  # requests arrive, but connections break before the reply


class Proxy:
    """Listens on a port of its own; ``delay`` is in seconds, each way.

    Where the mode comes with a word, it is for requests with that word alone.
    """

    def __init__(self, target: Path) -> None:
        self.delay = 0.0
        self.lost_answers = 0  # of requests that Redis got
        self._target = str(target)
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._mode, self._word = Mode.PASS, b""
        self._mute: set[socket.socket] = set()  # whose replies are dropped
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._place = _bound(0)  # keeps the port while nobody listens
        self.port: int = self._place.getsockname()[1]
        self._listener: socket.socket | None = None
        self._listen()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def become(self, mode: Mode, word: bytes = b"") -> None:
        """Change at once, for connections that are open too."""
        with self._changed:
            self._mode, self._word = mode, word
            self._changed.notify_all()
        if mode is Mode.REFUSE:
            self._stop_listening()
        elif self._listener is None:
            self._listen()
        if mode in {Mode.REFUSE, Mode.RESET}:
            self._drop_all()

    def close(self) -> None:
        """End, with every thread."""
        self._closed.set()
        self.become(Mode.REFUSE)
        for thread in self._threads:
            thread.join()
        self._place.close()

    def _listen(self) -> None:
        self._listener = listener = _bound(self.port)
        listener.listen(128)
        self._begin(self._accept, listener)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _begin(self, function: object, *args: object) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, self._known(client, server), contextlib.suppress(OSError):
            server.connect(self._target)
            back = threading.Thread(target=self._pump, args=(server, client, False), daemon=True)
            back.start()
            self._pump(client, server, True)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, asking: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._closed.wait(self.delay)
                if not self._may_pass(data, source if asking else sink, asking):
                    sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _may_pass(self, data: bytes, client: socket.socket, asking: bool) -> bool:
        with self._changed:
            if not asking:
                while self._mode is Mode.HANG and not self._word:
                    self._changed.wait()
                return client not in self._mute and (self._mode is not Mode.RESET)
            while self._mode is Mode.HANG and self._word in data:
                self._changed.wait()
            if self._mode is Mode.MUTE and self._word in data:
                self._mute.add(client)
                self.lost_answers += 1
            return self._mode is not Mode.RESET

    @contextlib.contextmanager
    def _known(self, *ends: socket.socket) -> Iterator[None]:
        with self._changed:
            self._open.update(ends)
        try:
            yield
        finally:
            with self._changed:
                self._open.difference_update(ends)
                self._mute.difference_update(ends)

    def _drop_all(self) -> None:
        with self._changed:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def _bound(port: int) -> socket.socket:
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.bind((HOST, port))
    return end
