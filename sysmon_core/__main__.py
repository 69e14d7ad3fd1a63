"""``python -m sysmon_core``: the ``sysmon`` command."""

from __future__ import annotations

from sysmon_core.cli import main

if __name__ == "__main__":
    main(prog_name="sysmon")
