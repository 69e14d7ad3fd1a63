"""The HTTP server that ``pserve`` starts: Granian, by the ``[server:main]`` of the ini file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from sysmon_core import settings
from sysmon_core.server.exposure import exposure
from sysmon_core.server.listeners import Listener, listeners
from sysmon_core.server.memory import return_large_blocks
from sysmon_core.server.options import Options
from sysmon_core.server.supervisor import supervise

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

logger = logging.getLogger(__name__)


def serve(app: WSGIApplication, global_conf: dict[str, str], **ini: str) -> NoReturn:
    """Serve the application until TERM, INT or HUP, and end the process.

    This is the runner that ``egg:sysmon#granian`` names. The address is the setting
    ``listen``; ``ini`` are the other options of the section.

    Raises:
        ConfigurationError: it cannot listen there, or an option is unknown or wrong.
    """
    from sysmon_core.server.worker import serve_here  # noqa: PLC0415 - a start looks at listeners

    return_large_blocks()
    config = settings.load_file(global_conf["__file__"])
    options = Options.of(ini)
    if found := exposure(config):
        logger.warning("%s", found)
    sockets = listeners(config.listen, options)
    for one in sockets:
        logger.debug("serving on %s", one.name)

    def serve_all() -> None:
        serve_here(app, config.body_limit, sockets, options)

    first = os.getpid()
    if options.processes == 1:
        serve_all()
    else:
        supervise(options, serve_all)
    _end(sockets if os.getpid() == first else [])


def _end(sockets: Sequence[Listener]) -> NoReturn:
    """End the process without taking the interpreter down.

    Threads of Granian's, which nobody can join, want the interpreter once more after the server has
    stopped, and abort the process where it is gone; those of requests cut off would hold it up.
    """
    for one in sockets:
        one.remove()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
