"""What plugins raise is told without their secrets: to callers, in tasks and in the log."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Field, Metric, MetricFailed, Params, PluginSettings, Run, SecretStr
from sysmon_core.testing import MakeApp, RunTask
from tests.conftest import LogLines

SECRET = "c4n\u00e4ry's"
FORMS = (SECRET, "c4n%C3%A4ry", "c4n\\u00e4ry")


class Keys(PluginSettings):
    token: SecretStr = Field(description="A token")


class Way(Params):
    way: int = Field(0, ge=0, description="Which way it is told")


def tell(params: Way, run: Run) -> str:
    secret = run.settings.token.get_secret_value()
    match params.way:
        case 0:
            raise RuntimeError(f"oops {secret}")
        case 1:
            raise MetricFailed(f"http://h/?{secret}")
        case 2:
            return {}[secret]
        case _:
            raise OSError(f"{secret!r} and c4n%C3%A4ry%27s")


def lacking(host: Any) -> str:
    return f"No right for {host.settings.token.get_secret_value()}"


METRICS = [
    Metric(name="quick", title="Quick", params=Way, settings=Keys, function=tell),
    Metric(
        name="long", title="Long", params=Way, settings=Keys, function=tell, duration=lambda _: 0
    ),
    Metric(name="lack", title="Lack", settings=Keys, function=tell, available=lacking),
]


@pytest.fixture
def app(sysmon_app: MakeApp) -> TestApp:
    return sysmon_app(METRICS, plugin_settings={"token": SECRET})


@pytest.mark.parametrize("way", range(4))
def test_no_secret_is_told(
    app: TestApp, way: int, sysmon_worker: RunTask, log_lines: LogLines
) -> None:
    told = app.get(f"/v1/quick/?way={way}", status=502).text
    task = sysmon_worker(app, f"/v2/long/?way={way}")
    assert task["state"] == "FAILURE"
    for text in (told, str(task), str(log_lines())):
        assert "**********" in text
        assert not [form for form in FORMS if form in text]


def test_nor_why_a_metric_cannot_be_had(app: TestApp) -> None:
    detail = "No right for **********"
    assert app.get("/v1/lack/", status=501).json["detail"] == detail
    assert SECRET not in app.get("/openapi.json").text
