"""The environment that functions of plugins see."""

from __future__ import annotations

import os

import pytest

from sysmon_core.program_environment import ENVIRONMENT
from sysmon_core.settings import for_functions, scrub, scrubbed

KEPT = {
    "HOME": "/root",
    "TZ": "UTC",
    "TMPDIR": "/var/tmp",
    "PGPASSFILE": "/etc/pgpass",
    "PGSSLMODE": "require",
    "SSL_CERT_FILE": "/etc/ca.pem",
    "SSL_CERT_DIR": "/etc/ca",
}
GONE = {
    "SYSMON_DATABASE_URL": "postgresql://u:secret@host/db",
    "SYSMON_PLUGIN_POND_TOKEN": "secret",
    "CREDENTIALS_DIRECTORY": "/run/credentials",
    "LANG": "de_DE.UTF-8",
    "PYTHONPATH": "/tmp",
    "PG": "x",
    "HOMES": "x",
    "MY_TZ": "x",
    "SSL_CERT_KEY": "x",
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of this process for one test."""
    for name in os.environ:
        monkeypatch.delenv(name)
    given = KEPT | GONE | {"PATH": "/opt/bin"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def test_the_base_and_what_our_libraries_read_is_all() -> None:
    assert for_functions(KEPT | GONE | {"PATH": "/opt/bin"}) == KEPT | ENVIRONMENT


def test_a_process_has_no_other_once_it_is_scrubbed(environ: dict[str, str]) -> None:
    scrub()
    assert dict(os.environ) == KEPT | ENVIRONMENT
    scrub()
    assert dict(os.environ) == KEPT | ENVIRONMENT == for_functions()


@scrubbed()
def fail() -> None:
    assert dict(os.environ) == KEPT | ENVIRONMENT
    os.environ["MORE"] = "of a plugin"
    raise ValueError("no water")


def test_a_command_has_its_own_again_whatever_happened(environ: dict[str, str]) -> None:
    before = dict(os.environ)  # pytest has added a variable of its own
    assert before.items() >= environ.items()
    with pytest.raises(ValueError, match="no water"):
        fail()
    assert dict(os.environ) == before
