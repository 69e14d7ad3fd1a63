"""Waitress as ``pserve`` starts it: where the settings say, its own errors told as problems."""

from __future__ import annotations

import ipaddress
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask

from sysmon_core import settings
from sysmon_core.api.front_door import SECURITY
from sysmon_core.api.problems import MEDIA_TYPE, problem_fields

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from sysmon_core.settings import Settings

logger = logging.getLogger(__name__)


class ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """Answers what waitress refuses before the application sees it."""

    def execute(self) -> None:
        """Write the problem and close the connection: what follows in it cannot be trusted."""
        error = self.request.error
        request_id = uuid.uuid4().hex
        body = json.dumps(problem_fields(error.code, str(error.body), request_id)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("X-Request-Id", request_id)]
        self.response_headers += SECURITY.items()
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Parser(HTTPRequestParser):  # type: ignore[misc]  # likewise
    """Reads a request; one that Python's own functions cannot take apart is refused, too."""

    def parse_header(self, header_plus: bytes) -> None:
        """Raise ParsingError, which waitress answers; at a ValueError it hangs up."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("A header or the path is malformed") from None


class ProblemChannel(HTTPChannel):  # type: ignore[misc]  # likewise
    """A connection whose errors are problems."""

    error_task_class = ProblemTask
    parser_class = Parser


def serve(app: WSGIApplication, global_conf: dict[str, str], **options: str) -> int:
    """The runner named in the ini file's ``[server:main]``; ``options`` are waitress's own.

    The address is the setting ``listen`` and the largest body is ``body_limit``, so that the
    server and the application cannot disagree.
    """
    config = settings.load_file(global_conf["__file__"])
    if found := exposure(config):
        logger.warning("%s", found)
    known: dict[str, Any] = {
        "listen": config.listen,
        "max_request_body_size": config.body_limit + 1,  # waitress refuses what is as large
        "clear_untrusted_proxy_headers": False,  # the front door knows whom to trust
    }
    server = create_server(app, **known, **options)
    for one in [server, *getattr(server, "map", {}).values()]:  # with several addresses, several
        one.channel_class = ProblemChannel
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0


def exposure(config: Settings) -> str | None:
    """What stands open to a network that this server listens on without a proxy, in a sentence."""
    hosts = [address.rpartition(":")[0].strip("[]") for address in config.listen.split()]
    open_to = [host for host in hosts if not _is_loopback(host)]
    if not open_to or config.trusted_proxies:
        return None
    public = [] if config.private else [name for name in config.versions.split() if name != "v3"]
    free = f"{' and '.join(public)} may be asked by all who reach it, and " if public else ""
    return (
        f"The server listens on {', '.join(open_to)} and no proxy is trusted: {free}passwords "
        "cross the network as they are. Put a proxy with TLS before it, and name it in "
        "trusted_proxies"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
