"""Rules for the declaration of a metric, which stop the start where one is broken."""

from __future__ import annotations

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.parameters import Parameter, parameters

# Options of `sysmon run`, of today or to come.
RESERVED_PARAMS = frozenset({"form", "help", "host", "output", "server"})
OPTION_FAULT = (
    "may begin with -, as an option does: give it a pattern that begins with ^ and a character "
    "other than -, such as ^[A-Za-z0-9][A-Za-z0-9.:-]*$, or have arguments put -- before it"
)


def require_fit_params(metric: Metric) -> None:
    """Refuse a metric that has a parameter which not every surface can show and set.

    Raises:
        ConfigurationError: the text begins with the parameter's name.
    """
    for name, declared in metric.params.model_fields.items():
        if not declared.description:
            raise ConfigurationError(f"{name} has no description: give Field(description=...)")
        if name in RESERVED_PARAMS:
            raise ConfigurationError(f"{name} is a reserved name: choose another")
    for parameter in parameters(metric.params).values():
        _require_fit_default(parameter)
    if text := metric.text_at_risk():
        raise ConfigurationError(f"{text} {OPTION_FAULT}")


def _require_fit_default(parameter: Parameter) -> None:
    """Refuse a default that no caller could give: it is out of the range of the parameter."""
    given = parameter.default if parameter.many else [parameter.default]
    for value in given or ():
        if isinstance(value, int | float) and value not in parameter.range:
            raise ConfigurationError(
                f"{parameter.name} has the default {value}, which its own bounds refuse: "
                "change either"
            )
