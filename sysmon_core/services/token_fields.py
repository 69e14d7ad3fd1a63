"""The fields of a new token as clients send them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from sysmon_core.metrics.metric import NAME, Params
from sysmon_core.metrics.parameter_types import Duration
from sysmon_core.services.grants import EVERY
from sysmon_core.services.user_fields import Fullname

MAX_NAME_LENGTH = 100
DEFAULT_VALID_SECONDS = 90 * 86400
MAX_VALID_SECONDS = 3650 * 86400


def _metric(name: str) -> str:
    if name != EVERY and not NAME.fullmatch(name):
        raise ValueError("must be a metric's name, or *")
    return name


MetricName = Annotated[
    str,
    AfterValidator(_metric),
    WithJsonSchema({"type": "string", "pattern": rf"^(\*|{NAME.pattern})$"}),
]


class NewToken(Params):
    """All fields of a token, sent to create one."""

    name: Annotated[Fullname, Field(max_length=MAX_NAME_LENGTH)] = Field(
        json_schema_extra={"maxLength": MAX_NAME_LENGTH},
        description="What the token is for, so that it is known when it is to be revoked",
    )
    scope: Literal["read", "run", "all"] = Field(
        "read",
        description="What the token permits: to look and run quick metrics; to start and stop "
        "tasks, too; or all that its user may do",
    )
    metrics: list[MetricName] = Field(
        [EVERY], min_length=1, max_length=50, description="Names of metrics, or * for every one"
    )
    hosts: list[Literal["*"]] = Field(
        ["*"], min_length=1, max_length=1, description="Names of hosts: for now * alone"
    )
    expires_in: Duration | None = Field(
        DEFAULT_VALID_SECONDS,
        ge=1,
        le=MAX_VALID_SECONDS,
        description="How long the token is valid; null for ever",
    )
