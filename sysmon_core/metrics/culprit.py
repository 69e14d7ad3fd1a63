"""Names the culprit of an exception of a plugin's code, and the place at which it was raised."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import metadata
from traceback import walk_tb

from sysmon_core.errors import HostFault, MetricFailed, PluginFault
from sysmon_core.printable import describe

# What does as it is told: an error that it raises is that of the code that called it.
TOOLS = sys.stdlib_module_names | {"sysmon_core", "pydantic", "pydantic_core"}
CALLERS = TOOLS | {"pluggy"}  # call a plugin, or import it: their frames are before its own
REFUSALS = (OSError, MemoryError)  # raised where the system does not give what it is asked for


def failure(error: BaseException) -> MetricFailed:
    """Make the failure of a metric's run of what the metric's code raised."""
    if library := _library(error):
        return HostFault(f"{library} raised {describe(error)}", place_of(error))
    kind = HostFault if isinstance(error, REFUSALS) else PluginFault
    return kind(describe(error), place_of(error))


def place_of(error: BaseException) -> str:
    """Name file, line and function: the last in the package that sysmon called; empty if in none.

    What that package called, such as the standard library, comes after it and says less.
    """
    frames = list(_frames(error))
    called = next((package for package, _ in frames if package not in CALLERS), None)
    own = [place for package, place in frames if package == called]
    return own[-1] if own else ""


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the package and the place of each call that led to an error, the outermost first."""
    for frame, line in walk_tb(error.__traceback__):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        yield package, f"{frame.f_code.co_filename}:{line}, in {frame.f_code.co_name}"


def _library(error: BaseException) -> str | None:
    """Name the library whose code raised the error; None if the plugin's own did.

    The plugin is the first that sysmon called.
    """
    foreign = [package for package, _ in _frames(error) if package not in TOOLS]
    return _versioned(foreign[-1]) if foreign and foreign[-1] != foreign[0] else None


def _versioned(package: str) -> str:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return f"{package} {metadata.version(package)}"
    return package
