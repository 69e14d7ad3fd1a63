"""``python -m sysmon_core.server.pserve INI``: Pyramid's ``pserve``, for an ini file at any path.

What stops the start is one sentence here, not a traceback.
"""

from __future__ import annotations

import sys

from pyramid.scripts.pserve import PServeCommand

from sysmon_core.errors import SysmonError
from sysmon_core.settings.ini import open_ini


class _Command(PServeCommand):  # type: ignore[misc]  # Pyramid ships no types
    _get_config_loader = staticmethod(open_ini)


def main() -> int:
    """Run the server of the ini file; return the exit status."""
    try:
        return _Command(sys.argv).run() or 0
    except SysmonError as error:
        sys.stderr.write(f"sysmon: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
