from __future__ import annotations

import redis
from redis.exceptions import NoScriptError

from sysmon_core.redis_store.failures import REPEAT_SECONDS, FailureLog
from tests.conftest import LogLines


def test_each_cause_is_logged_once_a_minute(log_lines: LogLines) -> None:
    now = [0.0]
    log = FailureLog(lambda: now[0])
    for _ in range(3):
        log.report(redis.ConnectionError("refused"))
        log.report(redis.ResponseError("NOREPLICAS Not enough good replicas to write."))
        log.report(NoScriptError("No matching script"))  # a script is sent then
    now[0] = REPEAT_SECONDS
    log.report(redis.TimeoutError("slow"))
    replicas = "Redis has too few replicas to accept writes (min-replicas-to-write)"
    assert [line["message"] for line in log_lines()] == [
        "Redis does not answer (ConnectionError: refused)",
        f"{replicas} (ResponseError: NOREPLICAS Not enough good replicas to write.)",
        "Redis does not answer (TimeoutError: slow)",
    ]
