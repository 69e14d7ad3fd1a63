"""The Celery application and its one task: ``celery -A benchmarks.classic.worker worker``.

Configured as Celery's user guide recommends: Redis as broker and as result backend, the prefork
pool, results on, started tasks tracked, acknowledged early since a run is not idempotent, and for
tasks that take a while no more messages prefetched than there are processes (the script asks for
the default of four where tasks are brief).
"""

from __future__ import annotations

import os
import shutil
import subprocess

from celery import Celery  # type: ignore[import-not-found]  # it lives in .venv-bench/

TTL = 86400  # seconds that a finished task is kept
OVERRUN = 10  # seconds that a run may take beyond what its parameters say
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

SEARCH_PATH = os.environ["CLASSIC_COMMAND_PATH"]
PROGRAM = shutil.which("iostat", path=SEARCH_PATH)

celery = Celery(
    "classic", broker=os.environ["CLASSIC_BROKER"], backend=os.environ["CLASSIC_BACKEND"]
)
celery.conf.update(
    broker_connection_retry_on_startup=True,
    result_expires=TTL,
    task_track_started=True,
    timezone="UTC",
)


def _launcher() -> list[str]:
    """Return the words that make the kernel end the program with the pool's process.

    Revoking kills that alone.
    """
    setpriv = shutil.which("setpriv", path=SEARCH_PATH)
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


@celery.task(name="classic.iostat")  # type: ignore[untyped-decorator]  # no types from there
def iostat(count: int, wait: int) -> dict[str, str]:
    """Run the program to its end; what it prints is the result."""
    argv = [*_launcher(), str(PROGRAM), "-d", str(wait), str(count)]
    seconds = wait * (count - 1) + OVERRUN
    done = subprocess.run(  # noqa: S603 - numbers are all that a caller gave
        argv, capture_output=True, text=True, timeout=seconds, env=ENVIRONMENT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"iostat ended with status {done.returncode}: {done.stderr.strip()}")
    return {"iostat": done.stdout}
