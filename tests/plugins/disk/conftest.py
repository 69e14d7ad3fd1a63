"""A host of mounts that psutil tells, for the tests of the metric disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from sysmon_core import Metric, Row
from sysmon_disk import DiskParams, UsageQuery, sysmon_metrics
from tests.conftest import until
from tests.plugins.conftest import MakeRun, Mount, Usage

ROOT = Mount("overlay", "/", "overlay", "rw")
DATA = Mount("/dev/sdb1", "/data", "ext4", "rw")
HUNG = Mount("/dev/sdc1", "/hung", "ext4", "rw")
NFS = Mount("server:/export", "/nfs", "nfs4", "rw")
OVER = Mount("server:/export", "/data", "nfs4", "rw")
NUMBERS = {"size": 100, "used": 40, "free": 50, "used_share": 44.4}
NONE: Row = dict.fromkeys(NUMBERS)

Read = Callable[..., list[Row]]


class Host:
    """What psutil says of a host; a file system that hangs answers once it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mounts = [Mount("proc", "/proc", "proc", "rw"), ROOT, DATA, NFS]
        self.on_disk = {"ext4"}  # types
        self.go = threading.Event()
        self.asked: list[str] = []
        monkeypatch.setattr(psutil, "disk_partitions", self._partitions)
        monkeypatch.setattr(psutil, "disk_usage", self._usage)

    def _partitions(self, all: bool = False) -> list[Mount]:  # noqa: A002
        return [mount for mount in self.mounts if all or mount.fstype in self.on_disk]

    def _usage(self, path: str) -> Usage:
        self.asked.append(path)
        if path == "/denied":
            raise PermissionError(13, "Permission denied")
        if path == "/hung":
            self.go.wait()
        return Usage(100, 40, 50, 44.4)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    host = Host(monkeypatch)
    yield host
    host.go.set()
    until(lambda: not queries())


def queries() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, UsageQuery)]


@pytest.fixture
def read(metric: Metric, make_run: MakeRun) -> Read:
    def read(mount: str = "", seconds: float = 20.0) -> list[Row]:
        return list(metric.collect(DiskParams(mount=mount), make_run(seconds)).rows)

    return read


@pytest.fixture
def metric() -> Metric:
    """The metric, as its plugin declares it."""
    (found,) = sysmon_metrics()
    return found
