"""The environment of this process: no other module reads or changes it.

It may hold secrets of the service, as ``SYSMON_DATABASE_URL`` is one. Code of plugins sees a part:
the environment of programs, and the variables of ``KEPT``.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping

from sysmon_core.program_environment import ENVIRONMENT

# What our own libraries read while the service runs: libpq PG* and, in HOME, its files of passwords
# and certificates; OpenSSL SSL_CERT_*, for a Redis behind TLS; SQLite and tempfile TMPDIR; the log
# TZ. All else is read at the start, or is for a shell.
KEPT = re.compile(r"HOME|TZ|TMPDIR|PG[A-Z]+|SSL_CERT_(FILE|DIR)")


def variables(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the variables given, else those of this process."""
    return os.environ if given is None else given


def for_functions(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment that functions of plugins see, made of the variables given."""
    kept = {name: value for name, value in variables(given).items() if KEPT.fullmatch(name)}
    return kept | ENVIRONMENT


def scrub() -> None:
    """Leave in this process what functions of plugins may see; its child processes inherit that.

    Settings cannot be loaded after that.
    """
    _change_to(for_functions())


@contextlib.contextmanager
def scrubbed() -> Iterator[None]:
    """Scrub the environment, and put it back at the end."""
    before = dict(os.environ)
    scrub()
    try:
        yield
    finally:
        _change_to(before)


def _change_to(wanted: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
