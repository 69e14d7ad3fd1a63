"""Host: what a metric may know of the host that runs it before its first run."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from sysmon_core.running.programs import found_program
from sysmon_core.running.run import NoSettings


@dataclass(frozen=True)
class Host:
    """The host that runs a metric, as the metric's function ``available`` is given it.

    Args:
        command_path: folders in which programs are looked for, with colons between them: the
            setting of this name.
        settings: the settings of the plugin, as a Run has them.
        platform: the operating system, as ``sys.platform`` names it.
    """

    command_path: str
    settings: Any = field(default_factory=NoSettings)
    platform: str = sys.platform

    def find(self, program: str) -> str | None:
        """Return the absolute path of a program; None if it is not in these folders."""
        return found_program(program, self.command_path)
