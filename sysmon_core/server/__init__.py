"""The HTTP server that ``pserve`` starts: Granian, with the options in ``[server:main]``."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from sysmon_core import settings
from sysmon_core.logs import ignore_rotation
from sysmon_core.running.standard_output import join_standard_error
from sysmon_core.server.exposure import exposure
from sysmon_core.server.listeners import Listener, listeners
from sysmon_core.server.memory import return_large_blocks
from sysmon_core.server.options import Options
from sysmon_core.server.prefork import supervise

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from sysmon_core.settings import Settings

logger = logging.getLogger(__name__)


def make_server(global_conf: dict[str, str], **ini: str) -> Callable[[WSGIApplication], NoReturn]:
    """Return what serves an application until TERM, INT or HUP, and ends the process.

    This is the factory that ``egg:sysmon#granian`` names. The setting ``listen`` has the addresses.
    pserve calls it before it makes the application, which scrubs the environment.

    Args:
        global_conf: Paste Deploy's; ``__file__`` is the path of the ini file.
        ini: the other options of the section ``[server:main]``.

    Raises:
        ConfigurationError: a setting or an option is unknown or wrong; when it serves, an address
            cannot be used.
    """
    config = settings.load_file(global_conf["__file__"])
    warnings = [found for found in (exposure(config), settings.ignored()) if found]
    return partial(_serve, config, Options.of(ini), warnings)


def _serve(
    config: Settings, options: Options, warnings: Sequence[str], app: WSGIApplication
) -> NoReturn:
    from sysmon_core.server.granian_adapter import serve_here  # noqa: PLC0415 - slow for the launcher

    return_large_blocks()
    join_standard_error()  # a plugin that prints has a buffer of standard output else
    ignore_rotation()
    for found in warnings:
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
    """End the process without finalizing the interpreter.

    Granian's threads cannot be joined. They use the interpreter once more after the server has
    stopped, and abort the process if it is finalized by then; threads of requests that were cut
    off would delay the end.
    """
    for one in sockets:
        one.remove()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
