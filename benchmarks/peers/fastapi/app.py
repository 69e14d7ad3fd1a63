"""What uptime prints, for ``uvicorn benchmarks.peers.fastapi.app:app``.

A plain function, which FastAPI runs in its pool of threads: a coroutine that awaits asyncio's
subprocess answered a quarter as many requests with uvloop, and two thirds with asyncio's own loop.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from fastapi import FastAPI  # type: ignore[import-not-found]  # it lives in .venv-bench/

PROGRAM = shutil.which("uptime", path=os.environ["PEER_COMMAND_PATH"]) or "uptime"
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

app = FastAPI()


@app.get("/v1/uptime/")  # type: ignore[untyped-decorator]  # no types from there
def uptime() -> dict[str, str]:
    """Run the program."""
    done = subprocess.run(  # noqa: S603 - our own words
        [PROGRAM], capture_output=True, text=True, timeout=10, env=ENVIRONMENT, check=True
    )
    return {"uptime": done.stdout.strip()}
