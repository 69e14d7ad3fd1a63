"""The names that the author of a plugin imports from ``sysmon_core``."""

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.hookspecs import hookimpl
from sysmon_core.metrics.interval import IntervalParams, interval_duration
from sysmon_core.metrics.metric import Integer, Metric, Params
from sysmon_core.metrics.report import Column, Report, Row
from sysmon_core.running.context import Run

__all__ = [
    "Column",
    "Command",
    "Field",
    "Integer",
    "IntervalParams",
    "Metric",
    "MetricFailed",
    "Params",
    "Report",
    "Row",
    "Run",
    "ValidationInfo",
    "field_validator",
    "hookimpl",
    "interval_duration",
    "model_validator",
]
