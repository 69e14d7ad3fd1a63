"""The HTTP server that ``pserve`` starts: Granian, by the ``[server:main]`` of the ini file."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from sysmon_core import settings
from sysmon_core.server.exposure import exposure
from sysmon_core.server.listeners import listeners
from sysmon_core.server.options import Options
from sysmon_core.server.supervisor import supervise
from sysmon_core.server.worker import serve_here

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

logger = logging.getLogger(__name__)


def serve(app: WSGIApplication, global_conf: dict[str, str], **ini: str) -> int:
    """Serve the application until TERM or INT: the runner that ``egg:sysmon#granian`` names.

    The address is the setting ``listen``; ``ini`` are the other options of the section.

    Raises:
        ConfigurationError: it cannot listen there, or an option is unknown or wrong.
    """
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
    if os.getpid() == first:
        for one in sockets:
            one.remove()
    return 0
