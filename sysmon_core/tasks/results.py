"""The results of tasks, stored as Dramatiq's result backend stores them."""

from __future__ import annotations

from typing import Any

import redis
from dramatiq.results.backends import RedisBackend
from dramatiq.results.result import wrap_exception, wrap_result

from sysmon_core.metrics.report import Report
from sysmon_core.redis_store.keys import RESULTS
from sysmon_core.tasks.queues import make_message


def make_backend(client: redis.Redis) -> RedisBackend:
    """Make Dramatiq's result backend."""
    return RedisBackend(client=client, namespace=RESULTS, use_namespace_prefix_keys=True)


class ResultStore:
    """Dramatiq's result backend, for tasks by their ids; the scripts write and read the values."""

    def __init__(self, backend: RedisBackend) -> None:
        self._backend = backend

    def key(self, task_id: str) -> str:
        """Return the key under which the backend stores a task's result."""
        return self._backend.build_message_key(make_message(task_id))

    def encode_result(self, outcome: Report | Exception) -> bytes:
        """Encode a run's outcome as the backend would, for ``message.get_result()`` to read."""
        if isinstance(outcome, Exception):
            result = wrap_exception(outcome)
        else:
            result = wrap_result(report_fields(outcome))
        encoded: bytes = self._backend.encoder.encode(result)
        return encoded

    def decode_result(self, encoded: bytes) -> Report:
        """Decode the report of a run that has succeeded."""
        return report_of_fields(self._backend.encoder.decode(encoded))


def report_fields(report: Report) -> dict[str, Any]:
    """Write a report as JSON, without rows that can be read from its text."""
    return {
        "text": report.text,
        "rows": report.stored_rows,
        "told": report.told,
        "started": report.started,
        "finished": report.finished,
        "host": report.host,
    }


def report_of_fields(fields: dict[str, Any]) -> Report:
    """Read a report as ``report_fields`` wrote it, in this version or an earlier one."""
    if "started" not in fields:  # of an earlier version: the text by its metric
        (text,) = fields.values()
        return Report(text)
    return Report(
        fields["text"],
        fields["rows"] or (),
        told=fields.get("told", False),
        started=fields["started"],
        finished=fields["finished"],
        host=fields["host"],
    )
