"""Waits: a view says that its response is to be made once a task has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from sysmon_core.api.framework.environ_keys import WAIT


@dataclass(frozen=True)
class Wait:
    """What a request waits for.

    Args:
        seconds: for how long it waits at most.
        answer: makes the response (a WSGI application) of the task as it is then; it is told
            whether the request has waited, or found no place.
    """

    task_id: str
    seconds: float
    answer: Callable[[bool], Any]


def wait_for(request: Request, wait: Wait) -> None:
    """Have the response of this request kept; the one that the view returns is not sent."""
    request.environ[WAIT] = wait
