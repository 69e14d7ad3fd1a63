"""What the author of a plugin imports, and nothing else.

A name is loaded when it is first asked for (PEP 562), so that `sysmon --help` and others who ask
for none need not wait for pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import Field, ValidationInfo, field_validator, model_validator

    from sysmon_core.errors import MetricFailed
    from sysmon_core.metrics.command import Command
    from sysmon_core.metrics.hookspecs import hookimpl
    from sysmon_core.metrics.metric import Integer, Metric, Params
    from sysmon_core.metrics.report import Column, Report, Row
    from sysmon_core.running.context import Run

__all__ = [
    "Column",
    "Command",
    "Field",
    "Integer",
    "Metric",
    "MetricFailed",
    "Params",
    "Report",
    "Row",
    "Run",
    "ValidationInfo",
    "field_validator",
    "hookimpl",
    "model_validator",
]

_HOMES = {
    "pydantic": ("Field", "ValidationInfo", "field_validator", "model_validator"),
    "sysmon_core.metrics.command": ("Command",),
    "sysmon_core.errors": ("MetricFailed",),
    "sysmon_core.metrics.hookspecs": ("hookimpl",),
    "sysmon_core.metrics.metric": ("Integer", "Metric", "Params"),
    "sysmon_core.metrics.report": ("Column", "Report", "Row"),
    "sysmon_core.running.context": ("Run",),
}


def __getattr__(name: str) -> object:
    """A name of the list above."""
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(home), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The list above, for those who look around."""
    return __all__
