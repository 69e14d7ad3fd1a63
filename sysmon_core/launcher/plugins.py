"""Checks the plugins before a part is started: else server and worker would fail one by one."""

from __future__ import annotations

import os
import select
import signal

from sysmon_core import settings
from sysmon_core.errors import PluginError, SysmonError
from sysmon_core.running.standard_output import join_standard_error
from sysmon_core.settings import Settings

LOADING_SECONDS = 20.0  # for plugins; one that hangs is left to the server, which says so
MAX_SENTENCE_BYTES = 4096  # of a fault: a pipe holds more


def check(config: Settings) -> None:
    """Load the plugins in a process of its own, and forget them.

    This process, which stays for as long as sysmon runs, is not to have their memory, nor what
    they leave behind.

    Raises:
        PluginError: one is at fault, or its settings are.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writing, _fault(config).encode("utf-8", "replace")[:MAX_SENTENCE_BYTES])
        finally:
            os._exit(0)  # whatever is raised: this process must not go on as the launcher
    os.close(writing)
    try:
        told = _read(reading, pid)
    finally:
        os.waitpid(pid, 0)
        os.close(reading)
    if told:
        raise PluginError(told)


def _fault(config: Settings) -> str:
    """Load and bind the plugins as the server does; return why that stops the start."""
    # Imported here, so that the launcher does without the memory of both.
    from sysmon_core.metrics import loading  # noqa: PLC0415
    from sysmon_core.metrics.host import bind  # noqa: PLC0415

    join_standard_error()
    settings.scrub()
    try:
        bind(loading.load(config), config)
    except SysmonError as error:
        return str(error)
    return ""


def _read(reading: int, pid: int) -> str:
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    if not poll.poll(LOADING_SECONDS * 1000):
        os.kill(pid, signal.SIGKILL)
    return os.read(reading, MAX_SENTENCE_BYTES).decode()
