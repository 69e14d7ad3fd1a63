"""The environment of programs, which is the same on every host and for everyone."""

from __future__ import annotations

# All that a program sees of an environment: what it prints must not depend on who started sysmon.
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
