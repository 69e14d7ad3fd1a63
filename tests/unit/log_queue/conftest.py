"""What the tests of the log's handler share."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sysmon_core import logs
from sysmon_core.log_queue import QueuedStreamHandler

LINES = 100  # that a handler here has room for


class Reader:
    """Reads a pipe, once it is started."""

    def __init__(self) -> None:
        reads, writes = os.pipe()
        self.writer = os.fdopen(writes, "w")
        self.lines: list[dict[str, Any]] = []
        self._file = os.fdopen(reads)
        self._thread = threading.Thread(target=self._read)

    def waiting(self) -> list[bytes]:
        """The lines that are in the pipe now."""
        return os.read(self._file.fileno(), 1 << 16).splitlines()

    def _read(self) -> None:
        with self._file:
            self.lines.extend(json.loads(line) for line in self._file)

    def start(self) -> None:
        self._thread.start()

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines]

    def end(self, handler: QueuedStreamHandler) -> None:
        if self._thread.ident is None:
            self.start()
        handler.flush()
        self.writer.close()
        self._thread.join()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def handler(reader: Reader) -> Iterator[QueuedStreamHandler]:
    made = QueuedStreamHandler(reader.writer, LINES, LINES)
    made.setFormatter(logs.Json())
    yield made
    reader.end(made)
