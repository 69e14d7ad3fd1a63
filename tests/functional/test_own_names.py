"""The names at which the server listens are its own, beside those in ``hosts``."""

from __future__ import annotations

import pytest
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.metrics import loading
from tests.conftest import MakeSettings

LISTEN = "Mon.Example:6543 dot.example.:6543 unix:/run/sysmon.sock 127.0.0.1:6544"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("mon.example:6543", 200),
        ("dot.example.:6543", 200),
        ("hosts.example", 200),
        ("127.0.0.1", 200),
        ("unix", 421),
        ("other.example", 421),
    ],
)
def test_a_request_names_the_service(make_settings: MakeSettings, host: str, status: int) -> None:
    config = make_settings(listen=LISTEN, hosts="hosts.example")
    app = TestApp(make_app(config, loading.load(config)))
    assert app.get("/", headers={"Host": host}, status="*").status_int == status
