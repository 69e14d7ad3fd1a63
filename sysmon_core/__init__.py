"""What the author of a plugin imports, and nothing else."""

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sysmon_core.command import Command
from sysmon_core.errors import MetricFailed
from sysmon_core.hookspecs import hookimpl
from sysmon_core.metric import Integer, Metric, Params
from sysmon_core.report import Column, Report, Row
from sysmon_core.run import Run

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
