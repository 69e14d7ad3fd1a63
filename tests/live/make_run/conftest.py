"""Copies that `make run` started."""

from __future__ import annotations

import re

from tests.support.processes import Started
from tests.support.site import Site

Running = tuple[Site, Started]


def admin(started: Started) -> str:
    """The credentials that the first start prints."""
    (password,) = re.findall(r"User: admin +Password: (\S+)", started.printed())
    return f"admin:{password}"
