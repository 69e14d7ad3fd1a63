"""The check of a program's words: no caller's text among them becomes an option."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.values import Fields, other_values, required_values
from sysmon_core.errors import InvalidInput
from sysmon_core.metrics import caller_text
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.parameters import Parameter, parameters
from sysmon_core.services.params import parse

OPTIONS = ("-", "-h", "--", "--help", "-x=/", "x --help", "x,--help")


def words(metric: Metric) -> Verdict | None:
    """Whether each text that begins with a dash is refused, or has ``--`` before it."""
    if not isinstance(metric, Command):
        return None
    texts = caller_text.texts(metric.params)
    faults = [fault for one in texts for fault in _faults(metric, one)]
    tried = len(OPTIONS) * len(texts)
    return Verdict(f"{tried} texts like options tried", faults) if texts else None


def _faults(metric: Command, parameter: Parameter) -> Iterator[str]:
    for text in OPTIONS:
        given = {parameter.name: [text] if parameter.many else text}
        if any(_is_option(metric, fields | given) for fields in _contexts(metric, parameter)):
            yield f"{parameter.name}={text} is taken, and {metric.program} would read an option"


def _contexts(metric: Command, parameter: Parameter) -> Iterator[Fields]:
    """Yield what is required, then that with each other parameter set to another value."""
    known = parameters(metric.params)
    required = required_values(known)
    yield required
    for other in known.values():
        if other is not parameter:
            yield from (required | {other.name: value} for value in other_values(other))


def _is_option(metric: Command, fields: Fields) -> bool:
    """Whether the params take these values, and the program an option."""
    with contextlib.suppress(InvalidInput):
        params = parse(metric.params, fields.items())
        try:
            metric.words(params)
        except InvalidInput:
            return True
    return False
