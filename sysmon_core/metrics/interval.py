"""The params of a metric that reports again and again, as ``sar 5 3`` does."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.parameter_types import Integer


class IntervalParams(Params):
    """How many reports a metric gives (``count``), and how many seconds apart (``wait``).

    Both are 1 unless given. A ``wait`` beside a single report is refused. A subclass may add
    parameters.
    """

    count: Integer = Field(1, ge=1, description="Number of reports")
    wait: Integer = Field(
        1, ge=1, description="Seconds between two reports", json_schema_extra={"unit": "s"}
    )

    @field_validator("wait")
    @classmethod
    def _has_something_to_wait_for(cls, wait: int, info: ValidationInfo) -> int:
        if wait != 1 and info.data.get("count") == 1:
            raise ValueError(
                "a single report has nothing to wait for: leave it out, or ask for more"
            )
        return wait


def interval_duration(params: IntervalParams) -> float:
    """Return the seconds of a run with IntervalParams whose first report comes at once."""
    return params.wait * (params.count - 1)
