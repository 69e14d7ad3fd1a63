"""Plain WSGI applications, and a call of one through the outermost middleware."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.wsgi.outermost import Outermost

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


PROXY = "10.0.0.1"
TROUBLE = "trouble at 10.1.2.3"


def echo(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Answer with what came through the door."""
    start("200 OK", [("Content-Type", "application/json")])
    names = ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "sysmon.request_id"]
    names += ["wsgi.url_scheme", "sysmon.proxied"]
    return [json.dumps({name: environ.get(name) for name in names}).encode()]


def failing(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    raise ValueError(TROUBLE)


def call(app: WSGIApplication, path: str = "/", **environ: Any) -> Response:
    """The answer as a server gives it that keeps to PEP 3333."""
    request = Request.blank("/")
    request.environ["PATH_INFO"] = path
    request.environ.update(environ)
    for name in [name for name, value in environ.items() if value is None]:
        del request.environ[name]
    answers: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        assert exc_info or not answers, "a second answer without exc_info"
        answers.append((status, headers))
        return lambda _data: None

    content = b"".join(Outermost(app, [PROXY], ["mon.example"])(request.environ, start))
    status, headers = answers[-1]
    return Response(status=status, headerlist=headers, body=content)
