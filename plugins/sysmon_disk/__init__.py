"""Size and free space of each file system."""

from __future__ import annotations

import threading
import time
from typing import Any

import psutil

from sysmon_core import (
    Column,
    Field,
    Metric,
    MetricFailed,
    Params,
    Row,
    Run,
    field_validator,
    hookimpl,
)

# A healthy file system answers in microseconds, one of the network in milliseconds.
ANSWER_SECONDS = 2.0
CHECK_SECONDS = 0.05  # between two checks whether the run is to end

FULL = {"squashfs", "cramfs", "erofs", "romfs", "iso9660", "cd9660"}  # made full, never written
# Discs, and files that are mounted, may be written; they are full if they are mounted read-only.
PACKED = {"udf"}
LOOP = "/dev/loop"

COLUMNS = [
    Column("mount", "where it is mounted", kind="key"),
    Column("device", "what is mounted there"),
    Column("type", "the kind of file system"),
    Column("size", "what it can hold", "By"),
    Column("used", "what is in use", "By"),
    Column("free", "room for users other than root", "By"),
    Column("used_share", "share in use of what such users could have", "%"),
]
NUMBERS = [column.name for column in COLUMNS if column.unit]


class DiskParams(Params):
    """Which file systems."""

    mount: str = Field(
        "",
        max_length=4095,  # PATH_MAX without its end
        pattern=r"^(/[^\x00]*)?$",
        description="One mount point, of any kind; without it, each that keeps data on a disk",
        examples=["/"],
    )

    @field_validator("mount")
    @classmethod
    def _is_mounted(cls, mount: str) -> str:
        path = mount.rstrip("/") or mount[:1]
        if path and path not in mounted():
            raise ValueError("nothing is mounted there: leave it out to see what is")
        return path


class UsageQuery(threading.Thread):
    """Asks one file system how full it is, in a thread of its own.

    The kernel may never answer: a server of the network is gone, a disk dies. A thread that waits
    for such an answer cannot be ended, so it is left to wait.
    """

    def __init__(self, mount: str) -> None:
        super().__init__(name=f"disk {mount}", daemon=True)
        self._mount = mount
        self._deadline = time.monotonic() + ANSWER_SECONDS
        self._usage: Any = None
        self.reason = "it does not answer"

    def run(self) -> None:
        """Ask, and wait as long as it takes."""
        try:
            self._usage = psutil.disk_usage(self._mount)
        except OSError as error:
            self.reason = error.strerror or type(error).__name__

    def answer(self, run: Run) -> Row | None:
        """Return the columns with numbers; None if there are none, and ``reason`` says why.

        Raises:
            RunStopped, MetricTimeout: the run is to end.
        """
        # Counted from the start of the query: no caller waits again for one that hangs.
        while self.is_alive() and time.monotonic() < self._deadline:
            self.join(CHECK_SECONDS)
            run.check()
        if self._usage is None:
            return None
        numbers = (self._usage.total, self._usage.used, self._usage.free, self._usage.percent)
        return dict(zip(NUMBERS, numbers, strict=True))


class UsageReader:
    """Reads the rows of the metric, and asks no file system again before it has answered.

    However many runs want to know, one thread at most waits for a file system that hangs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, UsageQuery] = {}  # by mount point

    def read(self, params: DiskParams, run: Run) -> list[Row]:
        """Collect the rows of one mount point, or of each that keeps data on a disk."""
        return [self._one(params.mount, run)] if params.mount else self._each(run)

    def _one(self, mount: str, run: Run) -> Row:
        """Collect the row of one mount point, of any kind."""
        found = mounted().get(mount)
        if found is None:
            raise MetricFailed("Nothing is mounted there any more")
        query = self._ask(mount)
        answer = query.answer(run)
        if answer is None:
            raise MetricFailed(f"The file system cannot be asked: {query.reason}")
        return names(found) | answer

    def _each(self, run: Run) -> list[Row]:
        """Collect the rows of all disks; one that cannot be asked has no numbers."""
        wanted = on_disks()
        queries = [self._ask(found.mountpoint) for found in wanted]
        return [
            names(found) | (query.answer(run) or dict.fromkeys(NUMBERS))
            for found, query in zip(wanted, queries, strict=True)
        ]

    def _ask(self, mount: str) -> UsageQuery:
        """Return the pending query of a mount point, or start one."""
        with self._lock:
            self._pending = {at: query for at, query in self._pending.items() if query.is_alive()}
            if mount not in self._pending:
                query = self._pending[mount] = UsageQuery(mount)
                query.start()
            return self._pending[mount]


def mounted() -> dict[str, Any]:
    """Return what psutil knows of each mount point; of two mounts at one point, of the later."""
    return {found.mountpoint: found for found in psutil.disk_partitions(all=True)}


def on_disks() -> list[Any]:
    """Return what psutil knows of the mounts that keep data on a disk, and of the root.

    A folder may be mounted a second time elsewhere, as containers, btrfs and systemd do it: the
    root stands for all mounts of its device, of any other device the first does, as with df. Those
    of the network are left out: one that hangs would make every caller wait.
    """
    real = set(psutil.disk_partitions())
    chosen: dict[str, Any] = {}  # by device
    for found in mounted().values():
        # psutil leaves out a root that is no disk, such as a container's overlay.
        if found.mountpoint == "/":
            chosen[found.device] = found
        elif found in real and not is_image(found):
            chosen.setdefault(found.device, found)
    return list(chosen.values())


def is_image(found: Any) -> bool:
    """Whether it is an image that is full for ever, as those of snaps and discs are."""
    packed = found.fstype in PACKED or found.device.startswith(LOOP)
    return found.fstype in FULL or (packed and "ro" in found.opts.split(","))


def names(found: Any) -> Row:
    """Return the columns with texts.

    Bytes that are no UTF-8, which JSON cannot carry, are replaced.
    """
    texts = {"mount": found.mountpoint, "device": found.device, "type": found.fstype}
    return {name: text.encode("utf-8", "replace").decode() for name, text in texts.items()}


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """Declare the one metric of this plugin."""
    return [
        Metric(
            name="disk",
            title="Disk space",
            description="Size and free space of each mounted file system on a disk, or of one "
            "mount point. Those of the network, and images that are full by nature (snaps, discs), "
            "are told only if asked for by name. One that does not answer, or not to this user, "
            "has no numbers.",
            params=DiskParams,
            columns=COLUMNS,
            function=UsageReader().read,
            lifetime=1,
            position=40,
        )
    ]
