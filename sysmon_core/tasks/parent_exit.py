"""Ends a worker's process whose dramatiq command was killed: nobody would ever stop it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

PERIOD = 0.5  # seconds between two looks
GRACE = 10.0  # seconds for an orderly end


def end_with_parent(ended: threading.Event) -> None:
    """Shut this process down when its parent is gone, until ``ended`` is set.

    In a thread of its own, since Redis may hold up any other. A process that no other made
    with multiprocessing, such as that of a test, has nobody to follow.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        name, pid = "sysmon-parent", parent.pid
        threading.Thread(target=_follow, args=(pid, ended), name=name, daemon=True).start()


def _follow(pid: int, ended: threading.Event) -> None:
    while os.getppid() == pid:
        if ended.wait(PERIOD):
            return
    os.kill(os.getpid(), signal.SIGTERM)
    if not ended.wait(GRACE):
        os._exit(1)
