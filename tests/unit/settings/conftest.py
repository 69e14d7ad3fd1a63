"""The kinds of settings, and how one that is wrong is refused."""

from __future__ import annotations

import os

import pytest

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings import load

NUMBERS = ["sync_runs", "task_ttl", "tasks_open", "tasks_per_client", "output_limit", "body_limit"]
NUMBERS += ["sync_runs_per_client", "quick_runs"]
NUMBERS += ["password_checks", "password_queue", "session_idle", "session_lifetime"]
NUMBERS += ["wait_limit", "waiting_requests", "samples_kept"]
NUMBERS += ["task_ttl_anonymous", "worker_threads"]
NUMBERS += ["tasks_kept", "tasks_kept_bytes", "tasks_kept_per_client"]
LENGTHS = ["password_min_length"]
SHARES = ["client_share"]
SECONDS = ["sync_limit", "task_limit", "overrun", "database_timeout"]
TEXTS = ["listen", "database_url", "redis_url", "command_path", "password_blocklist"]
TEXTS += ["plugins_allowed", "plugins_blocked", "syslog"]
RATES = ["guesses_per_address", "guesses_per_user_and_address", "guesses_per_user"]
LISTS = ["trusted_proxies", "versions", "hosts"]


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("SYSMON_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def refused(ini: dict[str, str], environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(ini, environ)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence
