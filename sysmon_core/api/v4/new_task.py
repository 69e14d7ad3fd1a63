"""The submission of a task: its body, its key, and which metric it may have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request

from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.idempotency import idempotency_key
from sysmon_core.api.framework.inputs import JsonObject
from sysmon_core.api.framework.permissions import permits
from sysmon_core.errors import Fault, InvalidInput, TokenInsufficient
from sysmon_core.metrics.metric import Metric, Params, stored
from sysmon_core.metrics.parameter_types import Duration
from sysmon_core.services.grants import Grant
from sysmon_core.services.params import parse
from sysmon_core.services.task import IdempotencyKey, SubmitOptions

MAX_START_SECONDS = 30 * 86400


def _pairs(value: object) -> object:
    """Keep the pairs of a JSON object, which the reader of bodies gives: names may be doubled."""
    if not isinstance(value, JsonObject):
        raise ValueError("must be an object of parameters")  # noqa: TRY004 - pydantic wants this
    return tuple(value)


Given = Annotated[
    tuple[tuple[str, Any], ...],
    BeforeValidator(_pairs),
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]


class NewTask(Params):
    """A task to be submitted."""

    metric: str = Field(description="The name of the metric", max_length=63)
    params: Given = Field(
        default_factory=tuple, description="What the metric takes, as it declares it"
    )
    host: str | None = Field(None, description="The host to run on; this one, unless given")
    start_within: Duration | None = Field(
        None,
        ge=0.001,
        le=MAX_START_SECONDS,
        description="Seconds after which a task that has not begun is no longer wanted: "
        "it then ends as FAILURE",
    )


@dataclass(frozen=True)
class MetricRequest:
    """A metric that the caller may have, and its params."""

    metric: Metric
    params: Params


def metric_request(
    request: Request, new: NewTask, metrics: Mapping[str, tuple[Metric, str]]
) -> MetricRequest:
    """Find the metric of a submission among these, each with its permission, and parse its params.

    Raises:
        InvalidInput: there is no such metric, or its params are wrong.
        HTTPForbidden, TokenInsufficient: the caller may not ask it.
    """
    if new.metric not in metrics:
        raise InvalidInput([Fault("metric", "is no metric here: /v4/metrics/ lists them")])
    metric, permission = metrics[new.metric]
    grant: Grant = request.environ[GRANT]
    if not permits(grant.account, permission):
        raise HTTPForbidden
    if not grant.holds_for(metric.name):
        raise TokenInsufficient(f"The token does not hold for the metric {metric.name}")
    try:
        return MetricRequest(metric, parse(metric.params, new.params))
    except InvalidInput as error:
        faults = (replace(one, name=f"params.{one.name}") for one in error.faults)
        raise InvalidInput(faults) from None


def options_of(request: Request, new: NewTask, found: MetricRequest) -> SubmitOptions:
    """Return how the task is to be submitted: by when, and under which key.

    Raises:
        InvalidInput: the header Idempotency-Key has no key.
    """
    key = idempotency_key(request)
    if key is None:
        return SubmitOptions(new.start_within)
    body = [new.metric, stored(found.params), new.host, new.start_within]
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return SubmitOptions(new.start_within, IdempotencyKey(key, digest))
