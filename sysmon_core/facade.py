"""The names that the author of a plugin imports from ``sysmon_core``."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from sysmon_core.errors import MetricFailed, MetricUnavailable
from sysmon_core.metrics.column import Column
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.counting import count_by
from sysmon_core.metrics.hookspecs import hookimpl
from sysmon_core.metrics.host_facts import Host
from sysmon_core.metrics.interval import IntervalParams, interval_duration
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.parameter_types import Duration, Integer, Size
from sysmon_core.metrics.plugin_settings import PluginSettings
from sysmon_core.metrics.report import Report, Row
from sysmon_core.running.programs import ProgramOutput
from sysmon_core.running.run import Run

__all__ = [
    "Column",
    "Command",
    "Duration",
    "Field",
    "Host",
    "Integer",
    "IntervalParams",
    "Metric",
    "MetricFailed",
    "MetricUnavailable",
    "Params",
    "PluginSettings",
    "ProgramOutput",
    "Report",
    "Row",
    "Run",
    "SecretStr",
    "Size",
    "ValidationInfo",
    "count_by",
    "field_validator",
    "hookimpl",
    "interval_duration",
    "model_validator",
]
