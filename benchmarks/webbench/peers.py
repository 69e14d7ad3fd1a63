"""The peers, each started as its makers recommend."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.common.environments import ROOT, environment, program
from benchmarks.common.processes import SEARCH_PATH, Process, free_port
from benchmarks.peers.bare.app import ANSWER
from benchmarks.webbench.server import HOST, Answer, Server

PEERS = ROOT / "benchmarks" / "peers"
OWN = {"date", "server", "connection", "transfer-encoding"}  # the server's to say
BARE_THREADS = "8"  # as ours has
NODE_EXPORTER = ("prometheus-node-exporter", "node_exporter")  # as Debian names it; others
REQUIREMENTS = {
    "bare": PEERS / "bare" / "requirements.txt",
    "classic": ROOT / "benchmarks" / "classic" / "requirements.txt",
    "fastapi": PEERS / "fastapi" / "requirements.txt",
    "glances": PEERS / "glances" / "requirements.txt",
}


def folder_of(name: str) -> Path:
    """Where the peer's programs are."""
    return environment(name, REQUIREMENTS[name])


def _environ(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


def classic(folder: Path, redis_url: str, command_path: str = SEARCH_PATH) -> Server:
    """Flask under gunicorn, with its default, a sync worker."""
    port = free_port()
    argv = [str(folder_of("classic") / "gunicorn"), "--bind", f"{HOST}:{port}"]
    argv += ["--no-control-socket", "--access-logfile", str(folder / f"{port}.access")]
    words = [*argv, "benchmarks.classic.app:make_app()"]
    return Server(port, words, _classic_environ(redis_url, command_path), folder / f"{port}.log")


def celery(
    folder: Path,
    redis_url: str,
    command_path: str = SEARCH_PATH,
    processes: int = 1,
    prefetch: int = 4,
) -> Process:
    """Its worker, with so many processes and messages fetched ahead for each of them."""
    argv = [str(folder_of("classic") / "celery"), "--app", "benchmarks.classic.worker", "worker"]
    argv += [f"--concurrency={processes}", f"--prefetch-multiplier={prefetch}", "--loglevel=INFO"]
    argv += [f"--hostname={folder.name}@%h"]
    return Process(argv, _classic_environ(redis_url, command_path), folder / "celery.log")


def _classic_environ(redis_url: str, command_path: str) -> dict[str, str]:
    return _environ(
        CLASSIC_BROKER=redis_url, CLASSIC_BACKEND=redis_url, CLASSIC_COMMAND_PATH=command_path
    )


def fastapi(folder: Path) -> Server:
    """FastAPI under uvicorn[standard], which takes uvloop and httptools by itself."""
    port = free_port()
    argv = [str(folder_of("fastapi") / "uvicorn"), "--host", HOST, "--port", str(port)]
    words = [*argv, "benchmarks.peers.fastapi.app:app"]
    return Server(port, words, _environ(PEER_COMMAND_PATH=SEARCH_PATH), folder / f"{port}.log")


def glances(folder: Path) -> Server:
    """Glances' REST API without its page; it has one process and logs no requests."""
    port = free_port()
    argv = [str(folder_of("glances") / "glances"), "--webserver", "--disable-webui"]
    argv += ["--disable-check-update", "--bind", HOST, "--port", str(port)]
    return Server(port, argv, _environ(HOME=str(folder)), folder / f"{port}.log")


def bare(folder: Path, answer: Answer) -> Server:
    """Granian with a WSGI function that gives this answer of ours."""
    port = free_port()
    headers = [pair for pair in answer.headers.items() if pair[0] not in OWN]
    told = json.dumps({"headers": headers, "body": answer.body})
    argv = [str(folder_of("bare") / "granian"), "--interface", "wsgi", "--http", "1"]
    argv += ["--blocking-threads", BARE_THREADS, "--host", HOST, "--port", str(port)]
    words = [*argv, "--factory", "benchmarks.peers.bare.app:make"]
    return Server(port, words, _environ(**{ANSWER: told}), folder / f"{port}.log")


def node_exporter(folder: Path) -> Server:
    """Prometheus' exporter of the host's figures, as it is."""
    port = free_port()
    argv = [program(*NODE_EXPORTER), f"--web.listen-address={HOST}:{port}"]
    return Server(port, argv, _environ(), folder / f"{port}.log")
