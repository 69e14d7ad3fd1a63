"""Middleware of the setting ``tls_only``: refuses credentials that others could have read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sysmon_core.addresses import is_local
from sysmon_core.api.framework.challenges import SESSION_PATH, session_secret
from sysmon_core.api.framework.environ_keys import PROXIED
from sysmon_core.api.framework.errors import of_error
from sysmon_core.api.framework.problems import LOGIN_PAGE
from sysmon_core.api.wsgi.deferred import Body
from sysmon_core.errors import CredentialsInClear

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOGIN_PATHS = {SESSION_PATH, LOGIN_PAGE}
REFUSAL = (
    "Credentials came over plain HTTP, where others can read them: send them by https alone, and "
    "replace those that were sent"
)


class TlsOnly:
    """Answers 403 to a request that brings credentials in clear from beyond this host.

    They are not looked at, so that the answer tells nobody whether they are right. How a request
    came to a trusted proxy is said by its X-Forwarded-Proto alone, wherever the proxy is.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer one request."""
        if _is_in_clear(environ) and _has_credentials(environ):
            body: Body = of_error(environ, CredentialsInClear(REFUSAL))(environ, start_response)
            return body
        return self.app(environ, start_response)


def _is_in_clear(environ: WSGIEnvironment) -> bool:
    if environ["wsgi.url_scheme"] == "https":
        return False
    return bool(environ[PROXIED]) or not is_local(environ["REMOTE_ADDR"])


def _has_credentials(environ: WSGIEnvironment) -> bool:
    logs_in = environ["PATH_INFO"] in LOGIN_PATHS and environ["REQUEST_METHOD"] == "POST"
    authorization, secret = environ.get("HTTP_AUTHORIZATION"), session_secret(environ)
    return logs_in or authorization is not None or secret is not None
