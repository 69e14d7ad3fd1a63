"""The peers, each started as its makers recommend."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.common.environments import ROOT, environment, program
from benchmarks.common.processes import SEARCH_PATH, free_port
from benchmarks.peers.bare.app import ANSWER
from benchmarks.webbench.ours import Site
from benchmarks.webbench.server import HOST, Answer, Server

PEERS = ROOT / "benchmarks" / "peers"
OWN = {"date", "server", "connection", "content-length", "transfer-encoding"}  # the server's to say
BARE = "call:benchmarks.peers.bare.app:make"
NODE_EXPORTER = ("prometheus-node-exporter", "node_exporter")  # as Debian names it; others
REQUIREMENTS = {
    "classic": ROOT / "benchmarks" / "classic" / "requirements.txt",
    "fastapi": PEERS / "fastapi" / "requirements.txt",
    "glances": PEERS / "glances" / "requirements.txt",
}


def folder_of(name: str) -> Path:
    """Where the peer's programs are."""
    return environment(name, REQUIREMENTS[name])


def _environ(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


def classic(folder: Path, redis_url: str, processes: int = 1, *, logs: bool = True) -> Server:
    """Flask under gunicorn, with its default, the sync workers."""
    port = free_port()
    argv = [str(folder_of("classic") / "gunicorn"), "--bind", f"{HOST}:{port}"]
    argv += ["--workers", str(processes), "--no-control-socket"]
    argv += ["--access-logfile", str(folder / f"{port}.access")] if logs else []
    environ = _environ(
        CLASSIC_BROKER=redis_url, CLASSIC_BACKEND=redis_url, CLASSIC_COMMAND_PATH=SEARCH_PATH
    )
    words = [*argv, "benchmarks.classic.app:make_app()"]
    return Server(port, words, environ, folder / f"{port}.log")


def fastapi(folder: Path, processes: int = 1, *, logs: bool = True) -> Server:
    """FastAPI under uvicorn[standard], which takes uvloop and httptools by itself."""
    port = free_port()
    argv = [str(folder_of("fastapi") / "uvicorn"), "--host", HOST, "--port", str(port)]
    argv += ["--workers", str(processes)] if processes > 1 else []
    argv += [] if logs else ["--no-access-log"]
    words = [*argv, "benchmarks.peers.fastapi.app:app"]
    return Server(port, words, _environ(PEER_COMMAND_PATH=SEARCH_PATH), folder / f"{port}.log")


def glances(folder: Path) -> Server:
    """Glances' REST API without its page; it has one process and logs no requests."""
    port = free_port()
    argv = [str(folder_of("glances") / "glances"), "--webserver", "--disable-webui"]
    argv += ["--disable-check-update", "--bind", HOST, "--port", str(port)]
    return Server(port, argv, _environ(HOME=str(folder)), folder / f"{port}.log")


def bare(site: Site, answer: Answer, processes: int = 1) -> Server:
    """The server that serves us, with a function in our place that gives this answer."""
    headers = [pair for pair in answer.headers.items() if pair[0] not in OWN]
    told = json.dumps({"headers": headers, "body": answer.body})
    return site.server(processes, BARE, {ANSWER: told})


def node_exporter(folder: Path) -> Server:
    """Prometheus' exporter of the host's figures, as it is."""
    port = free_port()
    argv = [program(*NODE_EXPORTER), f"--web.listen-address={HOST}:{port}"]
    return Server(port, argv, _environ(), folder / f"{port}.log")
