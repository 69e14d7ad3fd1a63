"""Memory that password checks took, in a process of its own."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

CHECKS = 12  # at once, as threads that each check a password
MEGABYTE = 1 << 20

# Each thread checks two passwords: glibc raises its threshold when the first block is freed. All
# threads live until the end, since one that ends passes its arena to the next.
CODE = f"""
import resource, sys, threading
from pathlib import Path
from sysmon_core.server.memory import return_large_blocks
from argon2 import PasswordHasher

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

def check():
    for _ in range(2):
        hasher.hash("password")
        together.wait()
    together.wait()

if sys.argv[1] == "returned":
    return_large_blocks()
hasher, together = PasswordHasher(1, 19456, 1), threading.Barrier({CHECKS} + 1)
threads = [threading.Thread(target=check) for _ in range({CHECKS})]
before = resident()
for thread in threads:
    thread.start()
together.wait()
together.wait()
print(resident() - before)
together.wait()
"""


def left(how: str) -> int:
    """Bytes that a process still has when all its checks are done."""
    command = [sys.executable, "-c", CODE, how]
    return int(subprocess.check_output(command, text=True))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc has mallopt")
def test_what_password_checks_took_is_given_back() -> None:
    assert left("kept") > 100 * MEGABYTE
    assert left("returned") < 20 * MEGABYTE
