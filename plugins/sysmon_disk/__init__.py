"""How much room each file system has."""

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

# A file system that is well answers in microseconds, one of the network in milliseconds.
PATIENCE = 2.0  # seconds
GLANCE = 0.05  # seconds between two looks at whether the run is to end

COLUMNS = [
    Column("mount", "where it is mounted"),
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
    )

    @field_validator("mount")
    @classmethod
    def _is_a_place(cls, mount: str) -> str:
        place = mount.rstrip("/") or mount[:1]
        if place and place not in mounted():
            raise ValueError("nothing is mounted there: leave it out to see what is")
        return place


class Question(threading.Thread):
    """Asks one file system for its room, in a thread of its own.

    The kernel may never answer: a server of the network is gone, a disk dies. Such a thread
    cannot be ended. It is left behind, and nobody asks that file system again before it answers:
    however often somebody wants to know, one thread hangs.
    """

    _open: dict[str, Question] = {}  # noqa: RUF012 - one for all, by mount point
    _lock = threading.Lock()

    @classmethod
    def about(cls, mount: str) -> Question:
        """The question that is open already, or a new one."""
        with cls._lock:
            question = cls._open.get(mount)
            if question is None:
                question = cls(mount)
                question.start()
                cls._open[mount] = question
            return question

    def __init__(self, mount: str) -> None:
        super().__init__(name=f"disk {mount}", daemon=True)
        self._mount = mount
        self._until = time.monotonic() + PATIENCE
        self._usage: Any = None
        self.trouble = "it does not answer"

    def run(self) -> None:
        """Ask, and wait as long as it takes."""
        try:
            self._usage = psutil.disk_usage(self._mount)
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__
        finally:
            with self._lock:
                del self._open[self._mount]

    def answer(self, run: Run) -> Row | None:
        """The columns with numbers; None if there is a trouble.

        Raises:
            RunStopped, MetricTimeout: the run is to end.
        """
        # Whoever asks again about one that hangs has no need to wait again.
        while self.is_alive() and time.monotonic() < self._until:
            self.join(GLANCE)
            run.check()
        if self._usage is None:
            return None
        numbers = (self._usage.total, self._usage.used, self._usage.free, self._usage.percent)
        return dict(zip(NUMBERS, numbers, strict=True))


def mounted() -> dict[str, Any]:
    """What psutil says of each mount point; the later of two mounts at one hides the other."""
    return {found.mountpoint: found for found in psutil.disk_partitions(all=True)}


def names(found: Any) -> Row:
    """The columns with texts, without the bytes that are no UTF-8 and that JSON cannot carry."""
    texts = {"mount": found.mountpoint, "device": found.device, "type": found.fstype}
    return {name: text.encode("utf-8", "replace").decode() for name, text in texts.items()}


def one(mount: str, run: Run) -> Row:
    """The row of one mount point, whatever is there."""
    found = mounted().get(mount)
    if found is None:
        raise MetricFailed("Nothing is mounted there any more")
    question = Question.about(mount)
    answer = question.answer(run)
    if answer is None:
        raise MetricFailed(f"The file system cannot be asked: {question.trouble}")
    return names(found) | answer


def each(run: Run) -> list[Row]:
    """The rows of what keeps data on a disk; one that cannot be asked has no numbers.

    A folder may be mounted a second time elsewhere, as containers and systemd do it: what its file
    system is mounted at first stands for all, as with df.

    Those of the network are left alone unless asked for: one that hangs would make everybody wait.
    """
    real = set(psutil.disk_partitions())
    # Of what psutil leaves out the root is still wanted: a container's is an overlay.
    wanted = [found for found in mounted().values() if found in real or found.mountpoint == "/"]
    wanted = list({found.device: found for found in reversed(wanted)}.values())[::-1]
    questions = [Question.about(found.mountpoint) for found in wanted]
    return [
        names(found) | (question.answer(run) or dict.fromkeys(NUMBERS))
        for found, question in zip(wanted, questions, strict=True)
    ]


def read(params: DiskParams, run: Run) -> list[Row]:
    """The rows that are asked for."""
    return [one(params.mount, run)] if params.mount else each(run)


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """The one metric of this plugin."""
    return [
        Metric(
            name="disk",
            title="Disk space",
            description="Size and free space of each mounted file system on a disk, or of one "
            "mount point. Those of the network are told only if asked for by name. One that "
            "does not answer, or not to this user, has no numbers.",
            params=DiskParams,
            columns=COLUMNS,
            function=read,
            lifetime=1,
            position=40,
        )
    ]
