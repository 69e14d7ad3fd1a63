"""A WSGI function that answers every request with the bytes that sysmon's answer has.

``granian --interface wsgi --factory benchmarks.peers.bare.app:make``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ANSWER = "BARE_ANSWER"  # in the environment: headers and body as sysmon gave them, in JSON


def make() -> WSGIApplication:
    """Make the application."""
    answer = json.loads(os.environ[ANSWER])
    headers = [(name, value) for name, value in answer["headers"]]
    body = [answer["body"].encode()]

    def bare(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return body

    return bare
