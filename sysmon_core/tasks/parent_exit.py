"""Ends a worker's process when the dramatiq command that started it was killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

CHECK_SECONDS = 0.5  # between two looks at the parent
SHUTDOWN_SECONDS = 10.0  # for an orderly end


def end_with_parent(ended: threading.Event) -> None:
    """Shut this process down when its parent is gone, until ``ended`` is set.

    In a thread of its own, since Redis may block any other. A process that was not started by
    multiprocessing, such as that of a test, is not watched.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        name, pid = "sysmon-parent", parent.pid
        threading.Thread(target=_follow, args=(pid, ended), name=name, daemon=True).start()


def _follow(pid: int, ended: threading.Event) -> None:
    while os.getppid() == pid:
        if ended.wait(CHECK_SECONDS):
            return
    os.kill(os.getpid(), signal.SIGTERM)
    if not ended.wait(SHUTDOWN_SECONDS):
        os._exit(1)
