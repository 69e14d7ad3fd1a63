"""Passwords that are cheap to check, and show how often that is done."""

from __future__ import annotations

import threading

from sysmon_core.services.passwords import Passwords

GATE_SECONDS = 20.0  # far longer than a test holds a check


class CountingPasswords(Passwords):
    """Each check waits for a gate, and records whether there is such a user."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8)
        self.checks: list[bool] = []
        self.gate = threading.Event()
        self.gate.set()

    def verify(self, password_hash: str | None, password: str) -> bool:
        self.checks.append(password_hash is not None)
        assert self.gate.wait(GATE_SECONDS)
        return super().verify(password_hash, password)
